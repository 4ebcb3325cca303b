"""The moves: how often one person comes into rooms, and comes back to one they have left. Pure.

Each coming and going is told to everybody in a room, and a new room is kept for ever. Whoever comes
to as many rooms as a socket may be in waits for nothing, nor does who comes back once or twice.
"""

from collections import OrderedDict

from broker.model.token_bucket import TokenBucket

RETURN_S = 60.0
"""So long a room that was left is remembered."""
FREE_RETURNS = 2
"""In RETURN_S, to one room: a client may connect anew with all its rooms."""
RETURN_COST = 2
"""Of a further return, in messages: it and the leaving before are two lines of the room."""
ROOMS = 100
"""Rooms left lately that are remembered of one person."""


class Moves:
    """One person's."""

    __slots__ = ("_bucket", "_left")

    def __init__(self) -> None:
        self._bucket: TokenBucket | None = None
        self._left: OrderedDict[str, tuple[float, int]] | None = None
        """When each room was left first in RETURN_S, and how often since."""

    def enter(self, room: str, now: float, rate: float, burst: float) -> float:
        """Comes into this room. Returns 0, or the seconds until that is allowed. Returning counts
        in `cost` instead."""
        if self._left is not None and now - self._left.get(room, (-RETURN_S, 0))[0] < RETURN_S:
            return 0.0
        if self._bucket is None:
            self._bucket = TokenBucket(burst, now)
        return self._bucket.take(now, rate, burst)

    def cost(self, room: str, now: float) -> int:
        """What coming into this room costs in messages."""
        if self._left is None:
            return 0
        since, times = self._left.get(room, (now, 0))
        return RETURN_COST if times > FREE_RETURNS and now - since < RETURN_S else 0

    def leave(self, room: str, now: float) -> None:
        """Has left this room."""
        if self._left is None:
            self._left = OrderedDict()
        since, times = self._left.pop(room, (now, 0))
        if now - since >= RETURN_S:
            since, times = now, 0
        self._left[room] = (since, times + 1)
        if len(self._left) > ROOMS:
            self._left.popitem(last=False)
