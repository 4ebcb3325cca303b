"""The connection: one Engine.IO session, by polling, by WebSocket, or from one to the other.

Takes the place of the library's AsyncSocket, which has no bound on what it queues, keeps those that
send rubbish, and spends two tasks on each packet that it reads and one on each ping. Here a
connection has one task: aiohttp's own, which reads its WebSocket.
"""

import asyncio
from typing import Any

from aiohttp import web
from engineio import exceptions
from engineio.async_socket import AsyncSocket

from gateway.frames import CLOSE, NOOP, PROBE_PONG, Frame, close_frame
from gateway.front import Front
from gateway.outbox import Outbox, Sendable
from gateway.packets import Closed, Malformed, Message, Pong, read_engine
from gateway.polling import read_packets
from gateway.pulse import Pulse
from gateway.websocket import CLOSE_S, WebSocket

UPGRADE_S = 10.0
"""Time for the packets of an upgrade, as Node's Engine.IO gives it."""
UPGRADE_POLL_S = 0.1
"""A poll during an upgrade ends this soon: the browser waits for it."""
FINISH_S = 5.0
"""Time for a browser to take our DISCONNECT and close."""
BREATH_PACKETS = 32
"""After so many packets of one browser the others have their turn."""
NORMAL, GOING_AWAY, PROTOCOL_ERROR = 1000, 1001, 1002


class Connection(AsyncSocket):  # type: ignore[misc]  # the library is not typed
    connected: bool
    """The handshake is done."""
    upgrading: bool
    upgraded: bool
    """It is a WebSocket now."""
    closing: bool
    """Nothing more is heard or sent; the last frames may still be on their way."""
    closed: bool
    """It is over."""

    def __init__(self, server: Any, sid: str, remote: str) -> None:
        super().__init__(server, sid)
        self.front: Front = server
        self.sid: str = sid
        self.remote = remote
        self.outbox: Outbox = self.queue
        self.held = False
        self._polling = False
        self._posting = False
        self._waved = False
        """The browser closed it: its last poll is no error."""
        self._transport: asyncio.Transport | None = None
        self.pulse = Pulse(self, self.front.ping_interval, self.front.ping_timeout)
        self.pulse.await_connect(self.front.connect_timeout)

    @property
    def lost(self) -> bool:
        return self._transport is not None and self._transport.is_closing()

    # --- out -------------------------------------------------------------------------------------

    def put(self, sendable: Sendable) -> None:
        if not self.closing and not self.outbox.put(sendable):
            self.cut_off_unread()

    async def send(self, pkt: Any) -> None:
        """A packet of the library's own making."""
        self.put(Frame(pkt.encode()))

    def schedule_ping(self) -> None:
        """The library's; ours is timed already."""

    # --- the end ---------------------------------------------------------------------------------

    def finish(self, last: list[Frame]) -> None:
        """Sends these and hears no more; ends it once the browser has had time to read."""
        for frame in [*last, *(() if self.upgraded else (CLOSE,))]:
            self.put(frame)
        if not self.closing:
            self.closing = True
            self.pulse.last_until(FINISH_S)

    def cut_off(self) -> None:
        """Ends it at once; what was not sent yet is dropped."""
        self.outbox.abort()
        if self._transport is not None:
            self._transport.abort()
        self._end()

    def cut_off_unread(self) -> None:
        """`cut_off`, and told: the browser does not read."""
        if not self.closed:
            self.front.unread(self)
            self.cut_off()

    def hang_up(self, code: int) -> None:
        """Ends it at once, with a WebSocket close frame after what was sent already."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(close_frame(code))
            self._transport.close()
        self._end()

    def time_out(self) -> None:
        self.hang_up(NORMAL)

    async def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:
        """The library's way to end it. Never waits: it may be a slow reader."""
        self.hang_up(NORMAL)

    def _end(self) -> None:
        if self.closed:
            return
        self.closing = self.closed = True
        self.pulse.stop()
        self.outbox.drop()
        loop = asyncio.get_running_loop()
        if self._transport is not None:
            # What a stalled browser does not take would keep a closing transport for ever.
            loop.call_later(CLOSE_S, self._transport.abort)
        # Later: the library's `handle_request` still looks there when it is what led here.
        loop.call_soon(self.front.sockets.pop, self.sid, None)
        self.front.ended(self)

    def _refuse(self, why: str) -> None:
        self.front.malformed(self, why)
        self.hang_up(PROTOCOL_ERROR)

    # --- in --------------------------------------------------------------------------------------

    async def _hear(self, packet: str | bytes) -> None:
        if self.closing:
            return
        heard = read_engine(packet)
        if isinstance(heard, Message):
            await self.front.heard(self, heard.text)
        elif isinstance(heard, Pong):
            self.pulse.pong()
        elif isinstance(heard, Closed):
            self._waved = True
            self.hang_up(NORMAL)

    async def _hear_all(self, packets: list[str]) -> None:
        for number, packet in enumerate(packets, 1):
            if number % BREATH_PACKETS == 0:
                await asyncio.sleep(0)
            await self._hear(packet)

    # --- in, polling -----------------------------------------------------------------------------

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """A poll, or the wish for a WebSocket. Raises EngineIOError: the library answers 400."""
        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return await self._answer_poll(environ["aiohttp.request"])
        if self.upgrading or self.upgraded:
            return self.server._bad_request("There is a WebSocket already")
        self.upgrading = self.connected
        try:
            driver = self.server._async["websocket"](self._websocket_handler, self.server)
            return await driver(environ)
        finally:
            self.upgrading = False

    async def _answer_poll(self, request: web.Request) -> list[Frame]:
        if self._polling:  # as Node does: two polls could not be kept in order
            self._refuse("a second poll at once")
            raise exceptions.SocketIsClosedError
        self._polling = True
        try:
            most_s = self.front.ping_interval + self.front.ping_timeout
            await self.outbox.wait(UPGRADE_POLL_S if self.upgrading else most_s)
        finally:
            self._polling = False
        if not self.closed and (request.transport is None or request.transport.is_closing()):
            self.cut_off()  # nobody would get what is taken now
        if self.upgraded or self._waved:
            return [NOOP]
        if self.closed:
            raise exceptions.SocketIsClosedError
        frames = self.outbox.take(request.transport)
        if self.closing:
            self._end()
        return frames or [NOOP]

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Packets of a polling browser. Raises EngineIOError: the library answers 400."""
        refused = self.closed
        try:
            if self._posting:
                raise Malformed("a second request at once")
            self._posting = True
            try:
                await self._hear_all(await read_packets(environ["aiohttp.request"], self.front))
            finally:
                self._posting = False
        except (Malformed, UnicodeDecodeError, web.RequestPayloadError) as error:
            refused = True
            self._refuse(str(error))
        except OSError:
            self.cut_off()
        except Exception:
            self.front.failed(self)
            self.cut_off()
        if refused and self.sid in self.front.sockets:  # if it is not, the library expects no error
            raise exceptions.SocketIsClosedError

    # --- in, WebSocket ---------------------------------------------------------------------------

    async def _websocket_handler(self, ws: WebSocket) -> None:
        try:
            if self.connected and not await self._probe(ws):
                return  # it may go on polling
            if self.closed:
                return
            self.connected = self.upgraded = True
            self._transport = ws.transport
            self.outbox.go_direct(ws.transport)
            await self._read(ws)
        except Malformed as error:
            self._refuse(str(error))
        except OSError:
            pass  # it is over, `_end` below
        except Exception:
            self.front.failed(self)
        finally:
            if self.upgraded:
                self._end()

    async def _probe(self, ws: WebSocket) -> bool:
        try:
            async with asyncio.timeout(UPGRADE_S):
                if await ws.wait() != "2probe":
                    return False
                ws.transport.write(PROBE_PONG.wire)
                self.outbox.wake()  # ends the poll for which the browser waits
                return await ws.wait() == "5"
        except TimeoutError:
            return False

    async def _read(self, ws: WebSocket) -> None:
        heard = 0
        while (packet := await ws.wait()) is not None:
            heard += 1
            if heard % BREATH_PACKETS == 0:
                await asyncio.sleep(0)
            await self._hear(packet)
