"""The Socket.IO server: one Socket for each connection that sent its CONNECT (protocol version 5).

python-socketio's server is not used here: its client list and its `emit` would be a second way to
send beside our outboxes. `engineio_server.py` says what the library underneath does.
"""

import secrets
from typing import assert_never

from common.hosts import Hosts
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
from gateway.server.engineio_server import Counters, EngineIOServer
from gateway.transport.connection import Connection
from gateway.transport.sockets import Handler, Socket

CONNECT_PACKETS = 20
"""A CONNECT counts as so many idle packets, since a new socket costs more than they do."""
SID_BYTES = 15
AUTH_TOO_LONG = Frame.event("joined", error_ack("too_long", "auth is too long"))


class SocketIOServer:
    """Implements `connection.Receiver`. Only the default namespace is offered."""

    def __init__(self, settings: Settings, handler: Handler) -> None:
        self._in_flight = settings.in_flight
        self._handler = handler

    def on_packet(self, connection: Connection, text: str) -> None:
        """Raises Malformed."""
        sizes = connection.engine.sizes
        packet = read_message(text, sizes.values)
        if isinstance(packet, EventPacket) and not packet.attachments:
            return self._request(connection, packet)
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
                connection.inbound.count_idle()
                self._disconnect(connection)
            case EventPacket() | TooLong() | Ack():
                self.on_attachments(connection, packet)
            case Disconnect():
                connection.inbound.count_idle()  # its namespace was refused
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
                connection.inbound.count_idle()  # no event of ours asks for an ack
            case _:
                assert_never(packet)

    def _connect(
        self, connection: Connection, namespace: str, auth: object, first: Frame | None = None
    ) -> None:
        connection.inbound.count_idle(CONNECT_PACKETS)
        if namespace:
            connection.put(Frame.connect_error(namespace, "Invalid namespace"))  # word for word
            return
        if connection.socket is not None:
            raise Malformed("a second CONNECT")
        sid = secrets.token_urlsafe(SID_BYTES)
        connection.put(Frame.connect(sid))
        if connection.closing:  # it was cut off
            return
        connection.heartbeat.connected()
        socket = Socket(sid, connection, self._handler, self._in_flight)
        connection.socket = socket
        if first is not None:
            socket.send(first)
        self._handler.connected(socket, auth)

    def _request(self, connection: Connection, request: EventPacket) -> None:
        """Call this only if the socket may have another request in flight (`Socket.may_ask`)."""
        if connection.socket is None:
            raise Malformed("an event before CONNECT")
        connection.socket.request(request.event, request.args, request.ack)

    def _refuse(self, connection: Connection, ack: str, code: str, message: str) -> None:
        if connection.socket is None:
            raise Malformed("an event before CONNECT")
        connection.socket.refuse(ack, error_ack(code, message))

    def _disconnect(self, connection: Connection) -> None:
        socket, connection.socket = connection.socket, None
        if socket is not None:
            connection.heartbeat.await_connect()
            socket.end(left=True, at_once=True)  # before the next CONNECT of this connection

    def on_end(self, connection: Connection) -> None:
        """The connection is over."""
        socket, connection.socket = connection.socket, None
        if socket is not None:
            socket.end(left=False)


def make_server(
    settings: Settings, hosts: Hosts, handler: Handler, counters: Counters
) -> EngineIOServer:
    """Engine.IO and Socket.IO, for an aiohttp application: `make_server(…).attach(app, path)`."""
    limit_libraries("aiohttp.server", "asyncio")
    return EngineIOServer(settings, hosts, counters, SocketIOServer(settings, handler))
