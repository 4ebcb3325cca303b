"""The quiet log: what strangers can cause is logged at most once in a while, and counted."""

import logging
import time

PAUSE_S = 10.0


class LimitedLog:
    """`at_once` lines for each kind of trouble and PAUSE_S. Kinds are words of ours, never of
    strangers: there are few."""

    def __init__(self, logger: logging.Logger, at_once: int = 1) -> None:
        self._logger = logger
        self._at_once = at_once
        self._next: dict[str, float] = {}
        self._said: dict[str, int] = {}
        self._unsaid: dict[str, int] = {}

    def warning(self, kind: str, detail: object = "", *, failed: bool = False) -> None:
        """`failed`: with the traceback of the exception being handled, for faults of our own."""
        if self._may_say(kind):
            more = self._more(kind)
            self._logger.warning("%s: %.200r%s", kind, detail, more, exc_info=failed)

    def info(self, kind: str, detail: str) -> None:
        if self._may_say(kind):
            self._logger.info("%s %s%s", kind, detail, self._more(kind))

    def _may_say(self, kind: str) -> bool:
        now = time.monotonic()
        if now >= self._next.get(kind, 0.0):
            self._next[kind] = now + PAUSE_S
            self._said[kind] = 0
        self._said[kind] += 1
        if self._said[kind] <= self._at_once:
            return True
        self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
        return False

    def _more(self, kind: str) -> str:
        unsaid = self._unsaid.pop(kind, 0)
        return f" (and {unsaid} more since the last line)" if unsaid else ""


class Seldom(logging.Filter):
    """Lets one record pass for each line of code and PAUSE_S, counting the others.

    For libraries that log a traceback for each broken request (aiohttp does for a POST whose body
    cannot be decoded), so that a stranger cannot fill the disk.
    """

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[tuple[str, int], float] = {}
        self._unsaid: dict[tuple[str, int], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        where, now = (record.pathname, record.lineno), time.monotonic()
        if record.levelno < logging.WARNING:
            return True
        if now < self._next.get(where, 0.0):
            self._unsaid[where] = self._unsaid.get(where, 0) + 1
            return False
        self._next[where] = now + PAUSE_S
        unsaid = self._unsaid.pop(where, 0)
        if unsaid:
            record.msg = f"{record.msg} (and {unsaid} more since the last line)"
        return True


_seldom = Seldom()


def quieten(*loggers: str) -> None:
    """These log seldom from now on; again does nothing."""
    for name in loggers:
        logging.getLogger(name).addFilter(_seldom)
