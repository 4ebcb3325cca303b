"""The crowd rule: when a room has too much coming and going to tell each. Pure."""

from collections import deque

CALM_S = 5.0
CALM_BELOW = 0.8
"""A crowd ends when it is below this part of the limit and joins were rare for this time."""


class Crowd:
    """One room's."""

    __slots__ = ("_busy_until", "_joins", "_joins_a_second", "_limit", "on")

    def __init__(self, limit: int, joins_a_second: int) -> None:
        self._limit = limit
        self._joins_a_second = joins_a_second
        self._joins: deque[float] = deque(maxlen=joins_a_second + 1)
        self._busy_until = 0.0
        self.on = False

    def count_in(self, count: int) -> None:
        """These were here before: nobody joined."""
        self.on = count > self._limit

    def joined(self, count: int, now: float) -> bool:
        """Somebody joined: there are `count` now. Returns True if the room turns into a crowd."""
        joins = self._joins
        joins.append(now)
        half = self._joins_a_second // 2
        if len(joins) > half and joins[-1 - half] > now - 1:
            self._busy_until = now + CALM_S
        full = len(joins) == joins.maxlen and joins[0] > now - 1
        if self.on or not (full or count > self._limit):
            return False
        self.on = True
        return True

    def calmed(self, count: int, now: float) -> bool:
        """Returns True if the room is a crowd no more from now on."""
        if not self.on or now < self._busy_until or count >= CALM_BELOW * self._limit:
            return False
        self.on = False
        return True
