"""The signals that stop a process in order."""

import asyncio
import signal
from collections.abc import Callable


def on_stop_signal(stop: Callable[[], object]) -> None:
    """Calls `stop` in the running loop on SIGTERM, SIGINT and SIGHUP (sent when a terminal is
    closed). If SIGHUP is ignored, as under `nohup`, it stays ignored."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            loop.add_signal_handler(number, stop)
