"""The engine: a python-socketio server that hears and speaks through our connections."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, assert_never

import socketio
from aiohttp import web

from common.log_rate import limit_libraries
from common.settings import Settings
from gateway.protocol.acks import error_ack
from gateway.protocol.attachments import Attachments, Unread, Whole
from gateway.protocol.frames import Frame
from gateway.protocol.packets import (
    Ack,
    Connect,
    Disconnect,
    EventPacket,
    Malformed,
    TooLong,
    TooLongConnect,
    read_message,
)
from gateway.server.clients import NAMESPACE, Clients
from gateway.server.engineio_server import Counters, EngineIOServer
from gateway.transport.connection import Connection
from gateway.transport.sockets import Handler, Socket
from gateway.transport.websocket import GOING_AWAY

LEAVE_A_STEP, MOVE_ON_STEPS, STEP_S = 100, 15, 0.1
"""At the end at least so many leave at a time, in at most so many steps, with this pause."""
CONNECT_PACKETS = 20
"""A CONNECT counts for so many packets that ask for nothing: a new socket costs more than they."""
AUTH_TOO_LONG = Frame.event("joined", error_ack("too_long", "auth is too long"))
library_log = logging.getLogger("gateway.library")
library_log.setLevel(logging.CRITICAL)  # it has a line for every packet; we log on our own


class SocketIOServer(socketio.AsyncServer):  # type: ignore[misc]  # the library is not typed
    """Socket.IO: the default namespace, one Socket for each connection that sent its CONNECT."""

    def __init__(self, settings: Settings, handler: Handler, counters: Counters) -> None:
        self._settings = settings
        self._counters = counters
        self._handler = handler
        self.clients = Clients()
        super().__init__(
            client_manager=self.clients,
            async_handlers=False,
            always_connect=True,
            logger=library_log,
            engineio_logger=library_log,
        )

    def _engineio_server_class(self) -> Any:
        return lambda **options: EngineIOServer(self._settings, self._counters, self, **options)

    def on_packet(self, connection: Connection, text: str) -> None:
        """Takes the place of the library's `_handle_eio_message`. Raises Malformed."""
        sizes = connection.engine.sizes
        packet = read_message(text, sizes.values)
        if isinstance(packet, EventPacket | TooLong | Ack) and packet.attachments:
            if connection.socket is None:
                raise Malformed("an event before CONNECT")
            connection.inbound.attachments = Attachments(packet, sizes.packet_bytes)
            return
        match packet:
            case Connect(namespace=namespace, auth=auth):
                self._connect(connection, namespace, auth)
            case TooLongConnect():
                self._connect(connection, "", None, AUTH_TOO_LONG)
            case Disconnect(namespace=""):
                connection.inbound.asks_nothing()
                self._left(connection)
            case EventPacket() | TooLong() | Ack():
                self.on_attachments(connection, packet)
            case Disconnect():
                connection.inbound.asks_nothing()  # it is of a namespace that was refused
            case _:
                assert_never(packet)

    def on_attachments(self, connection: Connection, packet: Whole) -> None:
        """Raises Malformed."""
        match packet:
            case EventPacket():
                self._request(connection, packet)
            case Unread():
                self._refuse(connection, packet.ack, "bad_request", "the attachments are too large")
            case TooLong():
                self._refuse(connection, packet.ack, "too_long", "the event is too long")
            case Ack():
                connection.inbound.asks_nothing()  # it is to an event that asked for none
            case _:
                assert_never(packet)

    def _connect(
        self, connection: Connection, namespace: str, auth: object, first: Frame | None = None
    ) -> None:
        connection.inbound.asks_nothing(CONNECT_PACKETS)
        if namespace:
            connection.put(Frame.connect_error(namespace, "Invalid namespace"))  # word for word
            return
        sid = self.clients.admit(connection.sid)
        if sid is None:
            raise Malformed("a second CONNECT")
        connection.put(Frame.connect(sid))
        if connection.closing:  # cut off
            self.clients.basic_disconnect(sid, NAMESPACE)
            return
        connection.pulse.connected()
        most = self._settings.in_flight
        socket = Socket(sid, connection.remote, connection, self._handler, most)
        connection.socket = socket
        if first is not None:
            socket.send(first)
        self._handler.connected(socket, auth)

    def _request(self, connection: Connection, request: EventPacket) -> None:
        """The connection has looked whether the socket may ask."""
        if connection.socket is None:
            raise Malformed("an event before CONNECT")
        connection.socket.request(request.event, request.args, request.ack)

    def _refuse(self, connection: Connection, ack: str, code: str, message: str) -> None:
        if connection.socket is None:
            raise Malformed("an event before CONNECT")
        connection.socket.refuse(ack, error_ack(code, message))

    def _left(self, connection: Connection) -> None:
        socket = self._forget(connection)
        if socket is not None:
            connection.pulse.await_connect()
            socket.end(left=True, at_once=True)  # before a next CONNECT of the same connection

    def on_end(self, connection: Connection) -> None:
        """The connection is over."""
        socket = self._forget(connection)
        if socket is not None:
            socket.end(left=False)

    def _forget(self, connection: Connection) -> Socket | None:
        socket, connection.socket = connection.socket, None
        if socket is not None:
            self.clients.basic_disconnect(socket.sid, NAMESPACE)
        return socket

    async def disconnect(
        self, sid: str, namespace: str | None = None, ignore_queue: bool = False
    ) -> None:
        """As the library's, for one of ours; never waits for a slow reader."""
        connection = self.eio.sockets.get(self.clients.eio_sid_from_sid(sid, NAMESPACE))
        if connection is not None and connection.socket is not None:
            connection.socket.close()

    async def shutdown(self) -> None:
        """Ends all connections, many of them over a while: stock clients come back (elsewhere) and
        recover, and must not all come at once."""
        ending = list(self.eio.sockets.values())
        step = max(LEAVE_A_STEP, len(ending) // MOVE_ON_STEPS + 1)
        for start in range(0, len(ending), step):
            if start:
                await asyncio.sleep(STEP_S)
            for connection in ending[start : start + step]:
                connection.hang_up(GOING_AWAY)

    def attach(self, app: web.Application, socketio_path: str = "socket.io") -> None:
        """To the application that serves it, on whose loop it opens and closes."""
        super().attach(app, socketio_path)

        async def life(_: web.Application) -> AsyncIterator[None]:
            self.eio.open()
            yield
            self.eio.close()

        app.cleanup_ctx.append(life)


def make_server(settings: Settings, handler: Handler, metrics: Counters) -> SocketIOServer:
    """To be attached to an aiohttp application: `make_server(…).attach(app)`."""
    limit_libraries("aiohttp.server", "asyncio")
    return SocketIOServer(settings, handler, metrics)
