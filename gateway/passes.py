"""A pass: one batch on its way to everybody who heard the room when it began."""

from collections.abc import Callable, Sequence

from gateway.fanout import Row, fan_out
from gateway.frames import Batch
from gateway.sessions import Session

CHUNK_SOCKETS = 64
CHUNK_BYTES = 256 << 10
"""At most this is sent in one step."""


class Pass:
    """`step` it until everybody has what is theirs; `leave` tells who is to get no more."""

    __slots__ = ("_at", "_batch_for", "_chunk", "_left", "_legs", "_odd")

    def __init__(
        self,
        legs: Sequence[tuple[Row, Batch]],
        odd: Sequence[Session],
        batch_for: Callable[[Session], Batch],
        chunk_sockets: int = CHUNK_SOCKETS,
    ) -> None:
        """Each leg's batch for its sockets, of which there may be more by and by: they hear the
        next pass. The `odd` ones among them get one of their own."""
        self._legs = [(to, len(to), batch) for to, batch in legs if to and batch.frames]
        self._odd = list(odd)
        self._batch_for = batch_for
        self._chunk = chunk_sockets
        self._left = {session.socket for session in odd}
        self._at = 0

    def step(self) -> bool:
        """Sends to some of them; True if there are more."""
        if self._odd:
            session = self._odd.pop()
            session.socket.send(self._batch_for(session))
        elif self._legs:
            row, count, batch = self._legs[-1]
            end = self._at + max(1, min(self._chunk, CHUNK_BYTES // len(batch.wire)))
            if self._left:
                some = row.sockets[self._at : min(end, count)]
                fan_out(Row(one for one in some if one not in self._left), batch)
            else:
                fan_out(row, batch, self._at, min(end, count))
            self._at = end
            if end >= count:
                self._legs.pop()
                self._at = 0
        return bool(self._odd or self._legs)

    def leave(self, session: Session) -> None:
        """It gets nothing more of this."""
        self._left.add(session.socket)
        if session in self._odd:
            self._odd.remove(session)
