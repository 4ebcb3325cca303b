"""The connection: one Engine.IO session, by polling, by WebSocket, or from one to the other.

Takes the place of the library's AsyncSocket, which has no bound on what it queues, keeps those that
send rubbish, and spends tasks on each packet and ping. Here an established WebSocket has no task,
no timer and no request.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from gateway.frames import CLOSE, Frame
from gateway.front import Front
from gateway.outbox import Outbox, Sendable
from gateway.packets import Closed, Malformed, Message, Pong, read_engine
from gateway.polling import Polling
from gateway.pulse import Pulse
from gateway.sockets import Socket
from gateway.takeover import take_over
from gateway.upgrade import Upgrade
from gateway.websocket import NORMAL, PROTOCOL_ERROR, WebSocket

FINISH_S = 5.0
"""Time for a browser to take our DISCONNECT and close."""
AHEAD_CHARS, PACKET_CHARS = 32 << 10, 64
"""What is read of a browser whose requests wait; what a packet counts for besides its text."""
BREATH_PACKETS = 32
"""After so many packets of one browser the others have their turn."""


class Connection:
    """`connected` to `closed` are looked at by the library too."""

    __slots__ = (
        "_hearing", "_inbox", "_polling", "_upgrade", "_ws", "closed", "closing", "connected",
        "front", "held", "outbox", "pulse", "remote", "sid", "socket", "upgraded", "upgrading",
        "waved",
    )  # fmt: skip

    def __init__(self, front: Front, sid: str, remote: str) -> None:
        self.front = front
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
        self.outbox = Outbox(front.outbox_bytes)
        self.held = False
        """What has come waits, for `socket` may not ask more now: it is read no further."""
        self.pulse = Pulse(self, front.pulses)
        self.waved = False
        """The browser closed it: its last poll is no error."""
        self._polling: Polling | None = None
        self._inbox: deque[str | bytes] | None = None
        self._hearing = False
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
            self.front.unread(self)
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
        self._ws = self._inbox = None
        if self._upgrade is not None:
            self._upgrade.drop()
        if self._polling is not None:
            self._polling.heard_all()
        # Later: the library's `handle_request` still looks there when it is what led here.
        asyncio.get_running_loop().call_soon(self.front.sockets.pop, self.sid, None)
        self.front.ended(self)

    def refuse(self, why: str) -> None:
        """It sent what no browser sends (websocket.Owner)."""
        self.front.malformed(self, why)
        self.hang_up(PROTOCOL_ERROR)

    # --- in --------------------------------------------------------------------------------------

    def take_in(self, packets: Iterable[str | bytes]) -> None:
        """These have come, after those before (websocket.Owner)."""
        if self._inbox is None:
            self._inbox = deque()
        self._inbox.extend(packets)
        if self.held:
            self._pace()
        else:
            self._hear_some()

    def go_on(self) -> None:
        """The socket may ask more (sockets.Carrier)."""
        if self.held:
            self._hear_some()

    def _hear_some(self) -> None:
        """Hears what waits: in order, as far as the socket may ask, and not too much at once."""
        if self.closed or self._hearing:
            return
        self._hearing, self.held = True, False
        try:
            for _ in range(BREATH_PACKETS):
                if not self._inbox or self.closing:
                    break
                if self.socket is not None and not self.socket.may_ask:
                    self.held = True
                    break
                self._hear(self._inbox.popleft())
        except Malformed as error:
            self.refuse(str(error))
        except Exception:
            self.front.failed(self)
            self.cut_off()
        finally:
            self._hearing = False
        if self.closed:
            return
        if self._inbox and not self.closing:
            if not self.held:
                asyncio.get_running_loop().call_soon(self._hear_some)
        else:
            self._inbox = None
            if self._polling is not None:
                self._polling.heard_all()
        self._pace()

    def _pace(self) -> None:
        """Reads no further while much waits; a little ahead, so that an end is noticed."""
        if self._ws is not None:
            waiting = sum(len(packet) + PACKET_CHARS for packet in self._inbox or ())
            self._ws.read(waiting <= AHEAD_CHARS)

    def _hear(self, packet: str | bytes) -> None:
        heard = read_engine(packet)
        if isinstance(heard, Message):
            self.front.heard(self, heard.text)
        elif isinstance(heard, Pong):
            self.pulse.pong()
        elif isinstance(heard, Closed):
            self.waved = True
            self.hang_up()

    @property
    def _polls(self) -> Polling:
        self._polling = self._polling or Polling(self)
        return self._polling

    # --- for the library: requests over HTTP -----------------------------------------------------

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """A poll, or the wish for a WebSocket. Raises EngineIOError: the library answers 400."""
        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return await self._polls.answer(environ["aiohttp.request"])
        if self.upgrading or self.upgraded:
            return self.front.bad_request("There is a WebSocket already")
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
        ws = WebSocket(sock, self.front.poller, self.front.max_http_buffer_size)
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
