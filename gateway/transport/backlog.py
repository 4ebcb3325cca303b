"""The backlog: what has come from all browsers and is not heard yet, in bounded bytes. Pure.

Unfinished frames, unfinished bodies of polling requests, packets that wait for their turn: each is
bounded for one connection, and here for all of them.
"""

from typing import Protocol

BACKLOG_BYTES = 16 << 20


class Holder(Protocol):
    """Who holds some of it."""

    def crowd_out(self) -> None:
        """Must give up all that it holds, at once: others need the room."""


class Backlog:
    """Who has held something for the longest time goes first: frames of browsers that mean well are
    whole within a moment."""

    def __init__(self, limit_bytes: int = BACKLOG_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._held: dict[Holder, int] = {}
        self.bytes = 0

    def hold(self, holder: Holder, bytes: int) -> None:
        """So much it holds now; with 0 it is forgotten. May crowd out others, or this one."""
        if bytes:
            self.bytes += bytes - self._held.get(holder, 0)
            self._held[holder] = bytes
        else:
            self.bytes -= self._held.pop(holder, 0)
        while self.bytes > self._limit_bytes:
            oldest = next(iter(self._held))
            self.bytes -= self._held.pop(oldest)
            oldest.crowd_out()
