"""A broadcast: one batch on its way to everybody who was subscribed when it began."""

from collections.abc import Callable, Sequence

from gateway.protocol.frames import Batch
from gateway.rooms.sessions import Session
from gateway.transport.fanout import SendList, fan_out

CHUNK_SOCKETS = 64
CHUNK_BYTES = 256 << 10
"""One step sends at most this many bytes, or to one socket."""


class RoomBroadcast:
    """Call `step` until it returns False; call `leave` for a socket that is to get no more."""

    __slots__ = ("_at", "_batch_for", "_chunk", "_individually", "_left", "_targets")

    def __init__(
        self,
        targets: Sequence[tuple[SendList, Batch]],
        individually: Sequence[Session],
        batch_for: Callable[[Session], Batch],
        chunk_sockets: int,
    ) -> None:
        """Sends each batch to the sockets that are in its list now; later additions wait for the
        next broadcast. Sessions in `individually` get `batch_for(session)` instead."""
        self._targets = [(to, len(to), batch) for to, batch in targets if to and batch.frames]
        self._individually = list(individually)
        self._batch_for = batch_for
        self._chunk = chunk_sockets
        self._left = {session.socket for session in individually}
        self._at = 0

    def step(self) -> bool:
        """Sends to the next sockets. Returns whether there are more."""
        if self._individually:
            session = self._individually.pop()
            session.socket.send(self._batch_for(session))
        elif self._targets:
            to, count, batch = self._targets[-1]
            end = self._at + max(1, min(self._chunk, CHUNK_BYTES // len(batch.wire)))
            if self._left:
                chunk = to.sockets[self._at : min(end, count)]
                fan_out(SendList(one for one in chunk if one not in self._left), batch)
            else:
                fan_out(to, batch, self._at, min(end, count))
            self._at = end
            if end >= count:
                self._targets.pop()
                self._at = 0
        return bool(self._individually or self._targets)

    def leave(self, session: Session) -> None:
        """The socket gets nothing more of this broadcast."""
        self._left.add(session.socket)
        if session in self._individually:
            self._individually.remove(session)
