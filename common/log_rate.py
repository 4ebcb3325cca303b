"""The rate of log lines: each line of code logs a few times in ten seconds, the rest is counted.

Strangers can cause some lines as often as they like: without a limit they would fill the disk.
"""

import logging
import time

WINDOW_S = 10.0


class _Window:
    """What one line of code has logged since `began` (monotonic)."""

    def __init__(self) -> None:
        self.began = -WINDOW_S
        self.passed = 0
        self.suppressed = 0


class LogRate(logging.Filter):
    """Lets `most` records of each line of code pass in WINDOW_S seconds. The first record that
    passes after some were suppressed says how many."""

    def __init__(self, most: int = 1, lowest: int = logging.NOTSET) -> None:
        super().__init__()
        self._most = most
        self._lowest = lowest
        self._windows: dict[tuple[str, int], _Window] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < self._lowest:
            return True
        window = self._windows.setdefault((record.pathname, record.lineno), _Window())
        now = time.monotonic()
        if now - window.began >= WINDOW_S:
            window.began = now
            window.passed = 0
        if window.passed == self._most:
            window.suppressed += 1
            return False
        window.passed += 1
        if window.suppressed:
            record.msg = f"{record.msg} (and {window.suppressed} more since the last line)"
            window.suppressed = 0
        return True


def rate_limited(name: str, most: int = 1) -> logging.Logger:
    """A logger of this name whose lines are limited. Each call returns another one, with counts of
    its own; `logging.getLogger(name)` is not limited by it."""
    limited = logging.Logger(name)
    limited.parent = logging.getLogger(name)
    limited.addFilter(LogRate(most))
    return limited


_libraries = LogRate(lowest=logging.WARNING)


def limit_libraries(*names: str) -> None:
    """Limits the loggers of libraries: aiohttp logs a traceback for each POST whose body cannot be
    decoded. Another call for the same name changes nothing."""
    for name in names:
        logging.getLogger(name).addFilter(_libraries)
