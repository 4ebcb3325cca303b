"""The connection: one Engine.IO session, by polling, by WebSocket, or first one and then the other.

It takes the place of the library's AsyncSocket, which queues without a bound, keeps browsers that
send rubbish, and spends tasks on each packet and ping. Here an established WebSocket has no task,
no timer and no request.
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any, Protocol

from aiohttp import web

from gateway.protocol.attachments import Whole
from gateway.protocol.frames import CLOSE, Frame
from gateway.transport.connection_state import ConnectionEvent, ConnectionState
from gateway.transport.engine_port import EnginePort
from gateway.transport.heartbeat import Heartbeat
from gateway.transport.inbound import Inbound
from gateway.transport.outbox import Outbox, Sendable
from gateway.transport.polling import Polling
from gateway.transport.sockets import Socket
from gateway.transport.takeover import take_over
from gateway.transport.upgrade import Upgrade
from gateway.transport.websocket import NORMAL, PROTOCOL_ERROR, WebSocket

FINISH_S = 5.0
"""A browser has this time to take the last frames and close the connection."""


class Receiver(Protocol):
    """The Socket.IO server: it gets what connections receive."""

    def on_packet(self, connection: "Connection", text: str) -> None:
        """A Socket.IO packet has come. Raises Malformed."""

    def on_attachments(self, connection: "Connection", packet: Whole) -> None:
        """The last attachment of this packet has come. Raises Malformed."""

    def on_end(self, connection: "Connection") -> None:
        """The connection is over. This is called once."""


class Connection:
    """`connection_state.py` has its states. The library reads `connected`, `upgraded` and `closed`,
    and calls `handle_get_request`, `handle_post_request` and `close`."""

    __slots__ = (
        "_polling", "_receiver", "_state", "_upgrade", "_ws", "closed", "closed_by_peer", "closing",
        "engine", "heartbeat", "inbound", "outbox", "remote", "sid", "socket",
    )  # fmt: skip

    def __init__(self, engine: EnginePort, receiver: Receiver, sid: str, remote: str) -> None:
        """`remote`: the browser's address, for the log."""
        self.engine = engine
        self.sid = sid
        self.remote = remote
        self.socket: Socket | None = None
        """The browser, between its CONNECT and its end."""
        self.outbox = Outbox(engine.outbox_bytes)
        self.inbound = Inbound(self)
        self.heartbeat = Heartbeat(self, engine.heartbeat_times)
        self.closed_by_peer = False
        """The browser closed the connection: its last poll is answered without an error."""
        self._receiver = receiver
        self.closing = False
        """Nothing more is received, and nothing new is sent. Like `closed` this is an attribute,
        set with the state, since each packet asks for it."""
        self.closed = False
        self._state = ConnectionState.OPENING
        self._polling: Polling | None = None
        self._ws: WebSocket | None = None
        self._upgrade: Upgrade | None = None

    # --- states ----------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """The Engine.IO handshake is done."""
        return self._state is not ConnectionState.OPENING

    @property
    def upgrading(self) -> bool:
        """A WebSocket is being opened, or has yet to prove itself."""
        return self._state.upgrading

    @property
    def upgraded(self) -> bool:
        """Packets travel by WebSocket."""
        return self._state.upgraded

    def open_polling(self) -> None:
        """The handshake of a polling browser is about to be answered."""
        self._follow(ConnectionEvent.POLL_OPENED)

    def _follow(self, event: ConnectionEvent) -> None:
        state = self._state = self._state.after(event)
        self.closing, self.closed = state.closing, state is ConnectionState.CLOSED

    # --- outbound --------------------------------------------------------------------------------

    def put(self, sendable: Sendable) -> None:
        """Sends a Frame or Batch after everything before it. A browser with too many unsent bytes
        is cut off instead."""
        if not self.closing and not self.outbox.put(sendable):
            self.cut_off_unread()

    # --- the end ---------------------------------------------------------------------------------

    def finish(self, last: list[Frame]) -> None:
        """Sends these last frames and receives no more. The connection ends when the browser closes
        it, or after FINISH_S."""
        for frame in [*last, *(() if self.upgraded else (CLOSE,))]:
            self.put(frame)
        if not self.closing:
            self._follow(ConnectionEvent.FINISH)
            self.heartbeat.end_after(FINISH_S)
        self.outbox.shut()

    def cut_off(self) -> None:
        """Ends the connection at once, and drops what was not sent yet."""
        if self.outbox.polled is not None:
            self.outbox.polled.abort()
        if self._ws is not None:
            self._ws.abort()
        self.end()

    def cut_off_unread(self) -> None:
        """As `cut_off`, and reported: the browser does not read."""
        if not self.closed:
            self.engine.unread(self.remote)
            self.cut_off()

    def hang_up(self, code: int = NORMAL) -> None:
        """Ends the connection, a WebSocket with a close frame of this code after what was sent."""
        if self._ws is not None:
            self._ws.hang_up(code)
        self.end()

    async def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:
        """The library's word for `hang_up`. It never waits: the browser may read slowly."""
        self.hang_up()

    def end(self) -> None:
        """The connection is over, whatever led here (websocket.WebSocketOwner)."""
        if self.closed:
            return
        self._follow(ConnectionEvent.CLOSE)
        self.heartbeat.stop()
        self.outbox.drop()
        self._ws = None
        self.inbound.drop()
        if self._upgrade is not None:
            self._upgrade.drop()
        self.on_all_handled()
        self._polling = None  # it knows this connection: a cycle waits for the garbage collector
        # Later: the library's `handle_request` looks the session up again after it called us.
        asyncio.get_running_loop().call_soon(self.engine.forget, self.sid)
        self._receiver.on_end(self)

    def refuse(self, why: str) -> None:
        """The browser sent what no browser sends: the connection ends, and `why` is logged."""
        self.engine.malformed(why)
        self.hang_up(PROTOCOL_ERROR)

    # --- inbound ---------------------------------------------------------------------------------

    def receive(self, packets: Sequence[str | bytes | None]) -> None:
        """These Engine.IO packets have come, after those before (websocket.WebSocketOwner)."""
        self.inbound.receive(packets)

    def on_packet(self, text: str) -> None:
        self._receiver.on_packet(self, text)

    def on_attachments(self, packet: Whole) -> None:
        self._receiver.on_attachments(self, packet)

    def resume(self) -> None:
        """The socket may have more requests in flight (sockets.Transport)."""
        self.inbound.resume()

    @property
    def may_ask(self) -> bool:
        """The next packet may be handled now."""
        return self.socket is None or self.socket.may_ask

    @property
    def paused(self) -> bool:
        """We chose to read nothing (heartbeat.HeartbeatOwner)."""
        return self.inbound.paused

    def on_peer_close(self) -> None:
        """The browser says that it closes the connection."""
        self.closed_by_peer = True
        self.hang_up()

    def adjust_reading(self) -> None:
        """Reads on, or stops reading while much waits to be handled."""
        if self._ws is not None:
            self._ws.read(self.inbound.may_read_more)

    def on_all_handled(self) -> None:
        """All packets that came are handled, or no packet will be handled any more."""
        if self._polling is not None:
            self._polling.on_all_handled()

    @property
    def polls(self) -> Polling:
        self._polling = self._polling or Polling(self)
        return self._polling

    # --- for the library: requests over HTTP -----------------------------------------------------

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """Answers a poll, or the request for a WebSocket. Raises EngineIOError, which the library
        answers with 400."""
        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return await self.polls.answer(environ["aiohttp.request"].transport)
        if self._state in (ConnectionState.OPENING, ConnectionState.POLLING):
            return await self._open_websocket(environ["aiohttp.request"])
        return await self.second_websocket(environ["aiohttp.request"])

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Receives the packets of a polling browser. Raises EngineIOError, which the library
        answers with 400."""
        await self.polls.receive_post(environ["aiohttp.request"])

    # --- the WebSocket ---------------------------------------------------------------------------

    async def _open_websocket(self, request: web.Request) -> web.StreamResponse:
        """A connection that polls already is upgraded once its WebSocket has proved itself."""
        if self._state is ConnectionState.POLLING:
            self._follow(ConnectionEvent.UPGRADE_BEGAN)
        try:
            answer, sock, early = await take_over(request)
        except BaseException:
            if self._state is not ConnectionState.OPENING:
                self._follow(ConnectionEvent.UPGRADE_FAILED)
            raise
        self._use(WebSocket(sock, self.engine), early)
        return answer

    def open_websocket(self, sock: socket.socket, answer: bytes, early: bytes) -> None:
        """Goes on by this socket, on which a handshake has come and `early` behind it; `answer` is
        sent first. A connection that polls already is upgraded once the WebSocket has proved
        itself; one that is upgraded opens a further WebSocket and closes it, as the stock server
        does."""
        ws = WebSocket(sock, self.engine)
        ws.write(answer)
        if ws.ended:  # the browser is gone, and nobody would tell us so later
            if not self.connected:
                self.end()
            return
        if self._state not in (ConnectionState.OPENING, ConnectionState.POLLING):
            return ws.hang_up(NORMAL)
        if self._state is ConnectionState.POLLING:
            self._follow(ConnectionEvent.UPGRADE_BEGAN)
        self._use(ws, early)

    def _use(self, ws: WebSocket, early: bytes) -> None:
        """Goes on by this WebSocket, whose handshake is answered."""
        if self.closed:
            ws.abort()
        elif self.upgrading:
            self._upgrade = Upgrade(self, ws)
        else:
            self._follow(ConnectionEvent.WEBSOCKET_OPENED)
            self._switch_to(ws)
        ws.start(early)

    async def second_websocket(self, request: web.Request) -> web.StreamResponse:
        """Opens a further WebSocket of this session and closes it, as the stock server does."""
        answer, sock, _ = await take_over(request)
        WebSocket(sock, self.engine).hang_up(NORMAL)
        return answer

    def on_upgraded(self, ws: WebSocket) -> None:
        """The WebSocket has proved itself, and belongs to this connection (upgrade.Upgrading)."""
        self._follow(ConnectionEvent.UPGRADED)
        self._upgrade = None
        if self._polling is not None:
            self._polling.handed_over = True
            self._polling = None
        self._switch_to(ws)

    def on_upgrade_failed(self) -> None:
        """The browser goes on by polling (upgrade.Upgrading)."""
        self._follow(ConnectionEvent.UPGRADE_FAILED)
        self._upgrade = None

    def _switch_to(self, ws: WebSocket) -> None:
        self._ws = ws
        ws.owner = self
        self.outbox.go_direct(ws)
