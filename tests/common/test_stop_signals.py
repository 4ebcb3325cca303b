"""common/stop_signals.py: three signals stop a process in order, except SIGHUP under `nohup`."""

import asyncio
import signal

import pytest

from common.stop_signals import on_stop_signal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_calls_stop(number: signal.Signals) -> None:
    stopped = asyncio.Event()
    on_stop_signal(stopped.set)
    signal.raise_signal(number)
    async with asyncio.timeout(5):
        await stopped.wait()


async def test_an_ignored_sighup_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        on_stop_signal(lambda: pytest.fail("stopped by a signal that nohup ignores"))
        signal.raise_signal(signal.SIGHUP)
        await asyncio.sleep(0)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
