"""The backlog: bytes that came from browsers and are not handled yet, bounded for all together.
Pure.

Unfinished frames, unfinished bodies of polling requests and packets that wait for their turn are
bounded for each connection; thousands of connections need a bound together as well.
"""

from collections.abc import Callable
from typing import Protocol

BACKLOG_BYTES = 16 << 20
RELIEF_BYTES = 1 << 20
"""After more than this, it is a relief when nothing is held any more."""


class BacklogHolder(Protocol):
    """A part of a connection that keeps bytes which are not handled yet."""

    def crowd_out(self) -> None:
        """Must give up all that it keeps, at once, since the limit is exceeded."""


class Backlog:
    """Above the limit the holder that has held something for the longest time goes first: frames of
    well-meaning browsers are complete within a moment."""

    def __init__(
        self, limit_bytes: int = BACKLOG_BYTES, on_relief: Callable[[], None] = lambda: None
    ) -> None:
        """`on_relief` is called when nothing is held any more, after it was more than
        RELIEF_BYTES."""
        self._limit_bytes = limit_bytes
        self._on_relief = on_relief
        self._was_large = False
        self._held: dict[BacklogHolder, int] = {}
        self.bytes = 0

    def hold(self, holder: BacklogHolder, bytes: int) -> None:
        """The holder keeps so many bytes now; with 0 it is forgotten. This may crowd out other
        holders, or this one."""
        if bytes:
            self.bytes += bytes - self._held.get(holder, 0)
            self._held[holder] = bytes
        else:
            self.bytes -= self._held.pop(holder, 0)
        while self.bytes > self._limit_bytes:
            oldest = next(iter(self._held))
            self.bytes -= self._held.pop(oldest)
            oldest.crowd_out()
        if self.bytes > RELIEF_BYTES:
            self._was_large = True
        elif self._was_large and not self.bytes:
            self._was_large = False
            self._on_relief()
