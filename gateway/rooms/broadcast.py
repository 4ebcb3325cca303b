"""A broadcast: one batch on its way to every socket that was subscribed when it began."""

from collections.abc import Callable, Sequence

from gateway.protocol.frames import Batch
from gateway.rooms.sessions import Session
from gateway.transport.fanout import SendList, fan_out

CHUNK_SOCKETS = 64
"""One step sends to at most this many sockets."""
CHUNK_BYTES = 256 << 10
"""One step sends at most this many bytes, or to one socket if the batch is larger."""


class RoomBroadcast:
    """Call `step` until it returns False; call `leave` when a socket must get nothing more."""

    __slots__ = ("_batch_for", "_chunk_sockets", "_excluded", "_individually", "_sent", "_targets")

    def __init__(
        self,
        targets: Sequence[tuple[SendList, Batch]],
        individually: Sequence[Session],
        batch_for: Callable[[Session], Batch],
        chunk_sockets: int,
    ) -> None:
        """Sends each batch to the sockets that are in its list now; later additions wait for the
        next broadcast. Sessions in `individually` get `batch_for(session)` instead."""
        self._targets = [
            (to, len(to), batch) for to, batch in targets if len(to) > 0 and batch.frames
        ]
        self._individually = list(individually)
        self._batch_for = batch_for
        self._chunk_sockets = chunk_sockets
        self._excluded = {session.socket for session in individually}
        """Sockets that are passed over in the lists: they get their own batch, or have left."""
        self._sent = 0
        """How many sockets of the last target's list are done."""

    def step(self) -> bool:
        """Sends to the next sockets. Returns whether there are more."""
        if self._individually:
            session = self._individually.pop()
            session.socket.send(self._batch_for(session))
        elif self._targets:
            to, count, batch = self._targets[-1]
            end = self._sent + max(1, min(self._chunk_sockets, CHUNK_BYTES // len(batch.wire)))
            if self._excluded:
                chunk = to.sockets[self._sent : min(end, count)]
                fan_out(SendList(s for s in chunk if s not in self._excluded), batch)
            else:
                fan_out(to, batch, self._sent, min(end, count))
            self._sent = end
            if end >= count:
                self._targets.pop()
                self._sent = 0
        return bool(self._individually or self._targets)

    def leave(self, session: Session) -> None:
        """Sends nothing more of this broadcast to the socket."""
        self._excluded.add(session.socket)
        if session in self._individually:
            self._individually.remove(session)
