"""Idle traffic: frames and packets that ask for nothing, such as pongs, in bounded number. Pure."""

from gateway.protocol.packets import Malformed

LIMIT, WINDOW_S = 1000, 10.0
"""A browser sends a pong in 25 s, a proxy a ping each second. A connection that sends more than
LIMIT in WINDOW_S seconds does so to keep the gateway busy."""


class IdleTraffic:
    """Counts the idle frames and packets of one connection."""

    __slots__ = ("_count", "_since")

    def __init__(self) -> None:
        self._count = 0
        self._since = -WINDOW_S

    def add(self, count: int, now: float) -> None:
        """Counts so many more at `now`, monotonic seconds. Raises Malformed above the limit."""
        if now - self._since >= WINDOW_S:
            self._since, self._count = now, 0
        self._count += count
        if self._count > LIMIT:
            raise Malformed("too many frames or packets that ask for nothing")
