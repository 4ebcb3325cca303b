"""The crowd rule: when a room has too much coming and going to tell each. Pure."""

from collections import deque

from broker.presence import NEVER

CALM_S = 5.0
CALM_BELOW = 0.8
"""A crowd ends when it is below this part of the limit and coming and going were rare for this
time: less than half of what makes a crowd."""


class Crowd:
    """One room's."""

    __slots__ = ("_busy_until", "_joins", "_limit", "_moves", "on")

    def __init__(self, limit: int, joins_a_second: int) -> None:
        self._limit = limit
        self._joins: deque[float] = deque(maxlen=joins_a_second + 1)
        self._moves: deque[float] | None = None
        """Of a crowd: the last times of coming and going."""
        self._busy_until = 0.0
        self.on = False

    def count_in(self, count: int) -> None:
        """These were here before: nobody joined."""
        if count > self._limit:
            self._turn_on()

    def joined(self, count: int, now: float) -> bool:
        """Somebody joined: there are `count` now. Returns True if the room turns into a crowd."""
        self._joins.append(now)
        if self.on:
            self._moved(now)
            return False
        rush = len(self._joins) == self._joins.maxlen and self._joins[0] > now - 1
        if not rush and count <= self._limit:
            return False
        self._turn_on()
        if rush:
            self._busy_until = now + CALM_S
        return True

    def left(self, now: float) -> None:
        """Somebody left."""
        if self.on:
            self._moved(now)

    def due(self, count: int) -> float:
        """Of a crowd: when `calmed` wants to be called; NEVER if not before somebody goes."""
        return NEVER if count >= CALM_BELOW * self._limit else self._busy_until

    def calmed(self, count: int, now: float) -> bool:
        """Returns True if the room is a crowd no more from now on."""
        if not self.on or now < self._busy_until or count >= CALM_BELOW * self._limit:
            return False
        self.on = False
        self._moves = None
        return True

    def _turn_on(self) -> None:
        self.on = True
        self._moves = deque(maxlen=((self._joins.maxlen or 1) - 1) // 2 + 1)

    def _moved(self, now: float) -> None:
        moves = self._moves
        assert moves is not None, "a crowd has them"
        moves.append(now)
        if len(moves) == moves.maxlen and moves[0] > now - 1:
            self._busy_until = now + CALM_S
