"""The clients: the library's list of who is connected, with its `emit` led to our outboxes."""

from collections.abc import Iterator
from typing import Any

from bidict import ValueDuplicationError
from engineio import packet as engine_packet
from socketio import AsyncManager
from socketio import packet as socket_packet

from gateway.protocol.frames import Batch, Frame

NAMESPACE = "/"


class Clients(AsyncManager):  # type: ignore[misc]  # the library is not typed
    """The library gives each client a room of its own and looks through all rooms when one goes,
    which is slow work for thousands. Here a client's own room is only meant, never made."""

    def __init__(self) -> None:
        super().__init__()
        self._entered: dict[str, set[str]] = {}

    def admit(self, eio_sid: str) -> str | None:
        """Its new id; None if it has one."""
        sid: str = self.server.eio.generate_id()
        try:
            self.basic_enter_room(sid, NAMESPACE, None, eio_sid=eio_sid)
        except ValueDuplicationError:
            return None
        return sid

    async def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        return self.admit(eio_sid) if namespace == NAMESPACE else None

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        if isinstance(room, str) and self.is_sid_room(namespace, room):
            yield room, self.eio_sid_from_sid(room, namespace)
        else:
            yield from super().get_participants(namespace, room)

    def basic_enter_room(
        self, sid: str, namespace: str, room: Any, eio_sid: str | None = None
    ) -> None:
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        if room is not None:
            self._entered.setdefault(sid, set()).add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: Any) -> None:
        super().basic_leave_room(sid, namespace, room)
        if room is not None and sid in self._entered:
            self._entered[sid].discard(room)

    def basic_disconnect(self, sid: str, namespace: str, **kwargs: Any) -> None:
        for room in list(self._entered.get(sid, ())):
            self.basic_leave_room(sid, namespace, room)
        self._entered.pop(sid, None)
        self.basic_leave_room(sid, namespace, None)
        self.callbacks.pop(sid, None)

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **kwargs: Any,
    ) -> None:
        """As the library's, in order with everything else that these clients are sent, without a
        task for each. The hot path is `fanout`."""
        if callback is not None:
            await super().emit(event, data, namespace, to or room, skip_sid, callback, **kwargs)
            return
        said = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        packet = self.server.packet_class(
            socket_packet.EVENT, namespace=namespace, data=[event, *said]
        ).encode()
        parts = packet if isinstance(packet, list) else [packet]
        batch = Batch(
            [Frame(engine_packet.Packet(engine_packet.MESSAGE, part).encode()) for part in parts]
        )
        skipped = skip_sid if isinstance(skip_sid, list) else [skip_sid]
        for sid, eio_sid in list(self.get_participants(namespace, to or room)):
            connection = self.server.eio.sockets.get(eio_sid)
            if sid not in skipped and connection is not None:
                connection.put(batch)
