"""A log for what may happen ten thousand times a second: each kind of line at most every 10 s."""

import logging
import time

EVERY_S = 10.0


class SparseLog:
    """Kinds are told apart by their format string, of which a program has few."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._quiet_until: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def warning(self, line: str, *args: object) -> None:
        """Logs the line, or counts it for the next one of its kind."""
        now = time.monotonic()
        if now < self._quiet_until.get(line, now):
            self._unsaid[line] = self._unsaid.get(line, 0) + 1
            return
        self._quiet_until[line] = now + EVERY_S
        unsaid = self._unsaid.pop(line, 0)
        self._log.warning(line + (f" (and {unsaid} times more)" if unsaid else ""), *args)
