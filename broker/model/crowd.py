"""The crowd rule: when a room has too much coming and going to tell each. Pure."""

from collections import OrderedDict

from broker.model.presence import NEVER

CALM_S = 5.0
CALM_BELOW = 0.8
"""A crowd ends when it is below this part of the limit and coming and going were rare for this
time: less than half of what makes a crowd."""


class _Recent:
    """The last `most` people of whom something is counted, each once a second."""

    __slots__ = ("_most", "_times")

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: OrderedDict[str, float] = OrderedDict()

    def note(self, uid: str, now: float) -> None:
        if self._times.get(uid, now - 1) > now - 1:
            return
        self._times[uid] = now
        self._times.move_to_end(uid)
        if len(self._times) > self._most:
            self._times.popitem(last=False)

    def full(self, now: float) -> bool:
        """Whether there were so many in the last second."""
        return len(self._times) == self._most and next(iter(self._times.values())) > now - 1


class Crowd:
    """One room's. Different people count: one who comes and goes all the time makes no crowd."""

    __slots__ = ("_busy_until", "_joins", "_joins_a_second", "_limit", "_moves", "on")

    def __init__(self, limit: int, joins_a_second: int) -> None:
        self._limit = limit
        self._joins_a_second = joins_a_second
        self._joins = _Recent(joins_a_second + 1)
        self._moves: _Recent | None = None
        """Of a crowd: who came and went lately."""
        self._busy_until = 0.0
        self.on = False

    def count_in(self, count: int) -> None:
        """These were here before: nobody joined."""
        if count > self._limit:
            self._turn_on()

    def joined(self, uid: str, count: int, now: float) -> bool:
        """Somebody joined: there are `count` now. Returns True if the room turns into a crowd."""
        self._joins.note(uid, now)
        if self.on:
            self._moved(uid, now)
            return False
        rush = self._joins.full(now)
        if not rush and count <= self._limit:
            return False
        self._turn_on()
        if rush:
            self._busy_until = now + CALM_S
        return True

    def left(self, uid: str, now: float) -> None:
        """Somebody left."""
        if self.on:
            self._moved(uid, now)

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
        self._moves = _Recent(self._joins_a_second // 2 + 1)

    def _moved(self, uid: str, now: float) -> None:
        moves = self._moves
        assert moves is not None, "a crowd has them"
        moves.note(uid, now)
        if moves.full(now):
            self._busy_until = now + CALM_S
