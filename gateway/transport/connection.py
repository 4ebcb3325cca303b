"""The connection: one Engine.IO session, by polling, by WebSocket, or from one to the other.

Takes the place of the library's AsyncSocket, which has no bound on what it queues, keeps those that
send rubbish, and spends tasks on each packet and ping. Here an established WebSocket has no task,
no timer and no request.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

from aiohttp import web

from gateway.protocol.attachments import Whole
from gateway.protocol.frames import CLOSE, Frame
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
"""Time for a browser to take our DISCONNECT and close."""


class Receiver(Protocol):
    """The Socket.IO server: it gets what connections receive."""

    def on_packet(self, connection: "Connection", text: str) -> None:
        """A Socket.IO packet has come. Raises Malformed."""

    def on_attachments(self, connection: "Connection", packet: Whole) -> None:
        """The last attachment of this packet has come. Raises Malformed."""

    def on_end(self, connection: "Connection") -> None:
        """The connection is over. This is called once."""


class Connection:
    """`connected` to `closed` are looked at by the library too."""

    __slots__ = (
        "_polling", "_receiver", "_upgrade", "_ws", "closed", "closing", "connected", "engine",
        "inbound", "outbox", "pulse", "remote", "sid", "socket", "upgraded", "upgrading", "waved",
    )  # fmt: skip

    def __init__(self, engine: EnginePort, receiver: Receiver, sid: str, remote: str) -> None:
        self.engine = engine
        self._receiver = receiver
        self.sid = sid
        self.remote = remote
        self.connected = False
        """The handshake is done."""
        self.upgrading = False
        self.upgraded = False
        """It is a WebSocket now."""
        self.closing = False
        """Nothing more is heard or sent; the last frames may still be on their way."""
        self.closed = False
        """It is over."""
        self.socket: Socket | None = None
        """The browser, after its CONNECT."""
        self.outbox = Outbox(engine.outbox_bytes)
        self.inbound = Inbound(self)
        self.pulse = Heartbeat(self, engine.pulses)
        self.waved = False
        """The browser closed it: its last poll is no error."""
        self._polling: Polling | None = None
        self._ws: WebSocket | None = None
        self._upgrade: Upgrade | None = None

    # --- out -------------------------------------------------------------------------------------

    def put(self, sendable: Sendable) -> None:
        if not self.closing and not self.outbox.put(sendable):
            self.cut_off_unread()

    async def send(self, pkt: Any) -> None:
        """A packet of the library's own making."""
        self.put(Frame(pkt.encode()))

    # --- the end ---------------------------------------------------------------------------------

    def finish(self, last: list[Frame]) -> None:
        """Sends these and hears no more; ends it once the browser has had time to read."""
        for frame in [*last, *(() if self.upgraded else (CLOSE,))]:
            self.put(frame)
        if not self.closing:
            self.closing = True
            self.pulse.last_until(FINISH_S)
        self.outbox.shut()

    def cut_off(self) -> None:
        """Ends it at once; what was not sent yet is dropped."""
        if self.outbox.polled is not None:
            self.outbox.polled.abort()
        if self._ws is not None:
            self._ws.abort()
        self.end()

    def cut_off_unread(self) -> None:
        """`cut_off`, and told: the browser does not read."""
        if not self.closed:
            self.engine.unread(self.remote)
            self.cut_off()

    def hang_up(self, code: int = NORMAL) -> None:
        """Ends it at once, with a WebSocket close frame after what was sent already."""
        if self._ws is not None:
            self._ws.hang_up(code)
        self.end()

    async def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:
        """The library's way to end it. Never waits: it may be a slow reader."""
        self.hang_up()

    def end(self) -> None:
        """It is over, whatever led here (websocket.Owner)."""
        if self.closed:
            return
        self.closing = self.closed = True
        self.pulse.stop()
        self.outbox.drop()
        self._ws = None
        self.inbound.drop()
        if self._upgrade is not None:
            self._upgrade.drop()
        self.heard_all()
        # Later: the library's `handle_request` still looks there when it is what led here.
        asyncio.get_running_loop().call_soon(self.engine.forget, self.sid)
        self._receiver.on_end(self)

    def refuse(self, why: str) -> None:
        """It sent what no browser sends (websocket.Owner)."""
        self.engine.malformed(why)
        self.hang_up(PROTOCOL_ERROR)

    # --- in --------------------------------------------------------------------------------------

    def take_in(self, packets: Iterable[str | bytes | None]) -> None:
        """These have come, after those before (websocket.Owner)."""
        self.inbound.take_in(packets)

    def go_on(self) -> None:
        """The socket may ask more (sockets.Transport)."""
        self.inbound.go_on()

    def on_packet(self, text: str) -> None:
        self._receiver.on_packet(self, text)

    def on_attachments(self, packet: Whole) -> None:
        self._receiver.on_attachments(self, packet)

    @property
    def may_ask(self) -> bool:
        """What comes next may be handled now."""
        return self.socket is None or self.socket.may_ask

    @property
    def held(self) -> bool:
        """Nothing is read, by our own choice (pulse.Patient)."""
        return self.inbound.held

    def wave(self) -> None:
        """The browser closes it."""
        self.waved = True
        self.hang_up()

    def pace(self) -> None:
        """Reads on, or no further while much waits."""
        if self._ws is not None:
            self._ws.read(self.inbound.few)

    def heard_all(self) -> None:
        """Of what has come; or nothing more is heard."""
        if self._polling is not None:
            self._polling.heard_all()

    @property
    def _polls(self) -> Polling:
        self._polling = self._polling or Polling(self)
        return self._polling

    # --- for the library: requests over HTTP -----------------------------------------------------

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """A poll, or the wish for a WebSocket. Raises EngineIOError: the library answers 400."""
        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return await self._polls.answer(environ["aiohttp.request"])
        if self.upgrading:
            return await self.second_websocket(environ["aiohttp.request"])
        return await self._open_websocket(environ["aiohttp.request"])

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Packets of a polling browser. Raises EngineIOError: the library answers 400."""
        await self._polls.take(environ["aiohttp.request"])

    # --- the WebSocket ---------------------------------------------------------------------------

    async def _open_websocket(self, request: web.Request) -> web.StreamResponse:
        """What polls already is upgraded only once the browser has proved that both ways work."""
        upgrade = self.upgrading = self.connected
        try:
            answer, sock, early = await take_over(request)
        finally:
            self.upgrading = False
        ws = WebSocket(sock, self.engine)
        if self.closed:
            ws.abort()
        elif upgrade:
            self.upgrading, self._upgrade = True, Upgrade(self, ws)
        else:
            self.upgraded_to(ws)
        ws.read(True)
        if early and ws.owner is not None:
            ws.received(early)
        return answer

    async def second_websocket(self, request: web.Request) -> web.StreamResponse:
        """Opened, and closed, as the stock server does."""
        answer, sock, _ = await take_over(request)
        WebSocket(sock, self.engine).hang_up(NORMAL)
        return answer

    def upgraded_to(self, ws: WebSocket) -> None:
        """It goes on by this one, which is its own now."""
        self.not_upgraded()
        self.connected = self.upgraded = True
        self._ws = ws
        ws.owner = self
        self.outbox.go_direct(ws)

    def not_upgraded(self) -> None:
        """It goes on as before."""
        self.upgrading, self._upgrade = False, None
