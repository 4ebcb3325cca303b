"""The crowd rule: in a room with too many participants, or too many joins a second, single joins
and leaves are not events of the log. Such a room is a crowd."""

from collections import OrderedDict

from broker.model.presence import NEVER

CALM_S = 5.0
"""Seconds without a rush after which a crowd may end."""
CALM_BELOW = 0.8
"""A crowd ends only below this part of the limit, so that one join and leave at the limit do not
turn the room each time."""


class _LastSecond:
    """Tells whether `most` different people did something in the last second. Keeps the last
    `most` of them."""

    __slots__ = ("_most", "_times")

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: OrderedDict[str, float] = OrderedDict()

    def note(self, uid: str, now: float) -> None:
        """Counts this person, once a second at most."""
        if self._times.get(uid, now - 1) > now - 1:
            return
        self._times[uid] = now
        self._times.move_to_end(uid)
        if len(self._times) > self._most:
            self._times.popitem(last=False)

    def is_full(self, now: float) -> bool:
        return len(self._times) == self._most and next(iter(self._times.values())) > now - 1


class Crowd:
    """Whether one room is a crowd now (`active`).

    A room becomes a crowd above `limit` participants or `joins_a_second` joins a second. It ceases
    to be one when fewer than CALM_BELOW of `limit` participants are there, and for CALM_S fewer
    than half of `joins_a_second` people a second have entered or left. Different people are
    counted, so that one person who enters and leaves all the time makes no crowd."""

    __slots__ = ("_busy_until", "_joins", "_joins_a_second", "_limit", "_moves", "active")

    def __init__(self, limit: int, joins_a_second: int) -> None:
        self._limit = limit
        self._joins_a_second = joins_a_second
        self._joins = _LastSecond(joins_a_second + 1)
        self._moves: _LastSecond | None = None
        """The people who entered or left; None while the room is not a crowd."""
        self._busy_until = 0.0
        """The room stays a crowd until then: CALM_S after the last rush."""
        self.active = False

    def restore(self, count: int) -> None:
        """So many participants are in the room after a restart; none of them has just joined."""
        if count > self._limit:
            self._activate()

    def on_enter(self, uid: str, count: int, now: float) -> bool:
        """A person has entered; `count` includes them. Returns True if that makes the room a
        crowd."""
        self._joins.note(uid, now)
        if self.active:
            self._note_move(uid, now)
            return False
        rush = self._joins.is_full(now)
        if not rush and count <= self._limit:
            return False
        self._activate()
        if rush:
            self._busy_until = now + CALM_S
        return True

    def on_leave(self, uid: str, now: float) -> None:
        """A person has left."""
        if self.active:
            self._note_move(uid, now)

    def due(self, count: int) -> float:
        """When `end_if_calm` has to be called for a crowd of so many; NEVER while it is too
        large to end."""
        return NEVER if count >= CALM_BELOW * self._limit else self._busy_until

    def end_if_calm(self, count: int, now: float) -> bool:
        """Returns True if the room has just ceased to be a crowd."""
        if not self.active or now < self._busy_until or count >= CALM_BELOW * self._limit:
            return False
        self.active = False
        self._moves = None
        return True

    def _activate(self) -> None:
        self.active = True
        self._moves = _LastSecond(self._joins_a_second // 2 + 1)

    def _note_move(self, uid: str, now: float) -> None:
        moves = self._moves
        assert moves is not None, "a crowd counts who enters and leaves"
        moves.note(uid, now)
        if moves.is_full(now):
            self._busy_until = now + CALM_S
