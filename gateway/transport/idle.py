"""The idle ones: frames and packets that ask for nothing, counted. Pure."""

from gateway.protocol.packets import Malformed

MOST, WINDOW_S = 1000, 10.0
"""A browser sends a pong in 25 s, a proxy a ping each second. Whoever sends more than this, in so
many seconds, keeps us busy."""


class Idle:
    """Those of one connection."""

    __slots__ = ("_count", "_since")

    def __init__(self) -> None:
        self._count = 0
        self._since = -WINDOW_S

    def add(self, count: int, now: float) -> None:
        """So many more, at a monotonic time. Raises Malformed if they are too many."""
        if now - self._since >= WINDOW_S:
            self._since, self._count = now, 0
        self._count += count
        if self._count > MOST:
            raise Malformed("too many frames or packets that ask for nothing")
