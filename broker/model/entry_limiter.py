"""The entry limiter: how often one person may enter rooms.

Every join and leave is sent to all in the room, and a new room is stored for ever. A person who
enters as many rooms as one socket may be in never waits, nor does a person who returns to a room
once or twice.
"""

from collections import OrderedDict

from broker.model.token_bucket import TokenBucket

RETURN_S = 60.0
"""Seconds for which a room that the person left is remembered."""
FREE_RETURNS = 2
"""Returns to one room within RETURN_S that cost nothing, so that a client may reconnect with all
its rooms."""
RETURN_COST = 2
"""The cost of a further return in messages: the room gets a leave and a join event by it."""
ROOMS = 100
"""The number of rooms that are remembered, the ones that were left last."""


class EntryLimiter:
    """The limits of one person."""

    __slots__ = ("_bucket", "_leaves")

    def __init__(self) -> None:
        self._bucket: TokenBucket | None = None
        self._leaves: OrderedDict[str, tuple[float, int]] | None = None
        """By room: when the person left first within RETURN_S, and how often since then."""

    def take(self, room: str, now: float, rate: float, burst: float) -> float:
        """Returns 0 if the person may enter this room now, else the seconds until then. A return
        to a room needs no token: it has a `cost` instead."""
        if self._leaves is not None and now - self._leaves.get(room, (-RETURN_S, 0))[0] < RETURN_S:
            return 0.0
        if self._bucket is None:
            self._bucket = TokenBucket(burst, now)
        return self._bucket.take(now, rate, burst)

    def cost(self, room: str, now: float) -> int:
        """What entering this room costs, in messages."""
        if self._leaves is None:
            return 0
        since, times = self._leaves.get(room, (now, 0))
        return RETURN_COST if times > FREE_RETURNS and now - since < RETURN_S else 0

    def on_leave(self, room: str, now: float) -> None:
        """The person has left this room."""
        if self._leaves is None:
            self._leaves = OrderedDict()
        since, times = self._leaves.pop(room, (now, 0))
        if now - since >= RETURN_S:
            since, times = now, 0
        self._leaves[room] = (since, times + 1)
        if len(self._leaves) > ROOMS:
            self._leaves.popitem(last=False)
