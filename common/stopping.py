"""The signals that end a process in order."""

import asyncio
import signal
from collections.abc import Callable


def on_stop_signal(stop: Callable[[], object]) -> None:
    """Calls `stop` in the running loop on SIGTERM, SIGINT and SIGHUP (a terminal that is closed).
    A SIGHUP that `nohup` has made ignored stays ignored."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            loop.add_signal_handler(number, stop)
