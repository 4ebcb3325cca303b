"""The Engine.IO server: python-engineio's, which checks each HTTP request and finds its connection.

The library checks origins, versions, transports, session ids and methods, and packs the answers to
polls. Connections are our own class from their handshake on. `library_seams.py` lists what is
overridden.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import engineio
from aiohttp import web

from common.hosts import Hosts
from common.log_rate import rate_limited
from common.memory import trim_memory
from common.settings import Settings
from gateway.protocol.frames import Frame
from gateway.protocol.sizes import sizes
from gateway.runtime.descriptor_quota import transport_may_stay
from gateway.runtime.timer_wheel import TICK_S, TimerWheel
from gateway.runtime.work_queue import WorkQueue
from gateway.server.forwarded import Proxies
from gateway.server.handshake import HandshakeReader
from gateway.server.http_connection import HttpConnections
from gateway.server.listener import HandOver
from gateway.server.origins import Origins
from gateway.server.plain_head import Sender
from gateway.transport.backlog import Backlog
from gateway.transport.connection import Connection, Receiver
from gateway.transport.heartbeat import HeartbeatTimes
from gateway.transport.poller import Poller
from gateway.transport.takeover import full
from gateway.transport.websocket import GOING_AWAY

TRIM_S = 2.0
"""Memory is given back to the system so long after a large backlog is gone, and no oftener."""
MAX_PAYLOAD = 1_000_000
"""Bytes that a polling request may have, as browsers are told, and as the stock server tells them.
Larger requests are read nevertheless, up to `protocol.sizes`."""
LEAVE_A_STEP, LEAVE_STEPS, STEP_S = 100, 15, 0.1
"""When the gateway stops, at least so many connections end at a time, in at most so many steps,
with a pause of so many seconds between them."""
library_log = logging.getLogger("gateway.library")
library_log.setLevel(logging.CRITICAL)  # the library logs every packet; we log on our own


ELSEWHERE = (
    "refused a page from elsewhere (a proxy has to pass the browser's Host on; other pages of yours"
    " are listed in HUBBUB_ORIGINS)"
)


class Counter(Protocol):
    def inc(self, amount: float = 1) -> None: ...


class Counters(Protocol):
    """The metrics that are counted here."""

    @property
    def cut_off(self) -> Counter: ...
    @property
    def refused_frames(self) -> Counter: ...


class EngineIOServer(engineio.AsyncServer):  # type: ignore[misc]  # the library is not typed
    """Implements `engine_port.EnginePort`: all connections of this gateway."""

    poller: Poller
    work_queue: WorkQueue
    heartbeat_times: HeartbeatTimes

    def __init__(
        self, settings: Settings, hosts: Hosts, counters: Counters, receiver: Receiver
    ) -> None:
        self._settings = settings
        self._hosts = hosts
        self.outbox_bytes = settings.outbox_bytes
        self.sizes = sizes(settings.text_chars)
        self.backlog = Backlog(on_relief=self._plan_trim)
        self._trim_planned = False
        self._counters = counters
        self._receiver = receiver
        # The page of another gateway may connect here when its own gateway is lost.
        self._origins = Origins(f"{settings.origins},{settings.gateways}")
        self._proxies = Proxies(settings.proxies)
        self._log = rate_limited(__name__)
        self._refused_page = ""
        """Origin and Host of the last page that was refused, for the log."""
        super().__init__(
            async_mode="aiohttp",
            ping_interval=settings.ping_interval,
            ping_timeout=settings.ping_timeout,
            max_http_buffer_size=MAX_PAYLOAD,
            http_compression=False,
            cors_allowed_origins=self._allows,
            monitor_clients=False,  # each connection has a heartbeat
            async_handlers=False,
            logger=library_log,
        )

    def attach(self, app: web.Application, path: str = "socket.io") -> None:
        """Serves the application at this path, and opens and closes with it."""
        super().attach(app, path)
        self._path = f"/{path.strip('/')}/"

        async def life(_: web.Application) -> AsyncIterator[None]:
            self._open()
            yield
            self._close()

        app.cleanup_ctx.append(life)

    async def end_connections(self) -> None:
        """Ends all connections, a part of them at a time: stock clients come back at another
        gateway and recover, and must not all come at once."""
        self._http_connections.end()
        ending = list(self.sockets.values())
        step = max(LEAVE_A_STEP, len(ending) // LEAVE_STEPS + 1)
        for start in range(0, len(ending), step):
            if start:
                await asyncio.sleep(STEP_S)
            for connection in ending[start : start + step]:
                connection.hang_up(GOING_AWAY)

    def _open(self) -> None:
        """To be called on the loop that the server serves on."""
        loop, own = asyncio.get_running_loop(), self._settings
        shortest_s = min(own.ping_interval, own.ping_timeout, own.connect_timeout)
        wheel = TimerWheel(loop, min(TICK_S, shortest_s / 20))  # pings are as exact as this
        self.heartbeat_times = HeartbeatTimes(
            wheel, own.ping_interval, own.ping_timeout, own.connect_timeout
        )
        self.poller = Poller(loop)
        self.work_queue = WorkQueue(loop)
        self._handshakes = HandshakeReader(self._path, loop)
        self._http_connections = HttpConnections(self, self._path, loop)

    def _plan_trim(self) -> None:
        """Large bodies and frames were freed."""
        if not self._trim_planned:
            self._trim_planned = True
            asyncio.get_running_loop().call_later(TRIM_S, self._trim)

    def _trim(self) -> None:
        self._trim_planned = False
        trim_memory()

    def _close(self) -> None:
        self._http_connections.close()
        self.heartbeat_times.wheel.stop()
        self.poller.close()

    async def handle_request(self, *args: Any, **kwargs: Any) -> Any:
        request: web.Request = args[0]
        if "j" in request.query:  # a script of another site, which no browser needs today
            return web.Response(status=400, text="JSONP is not offered\n")
        if request.transport is not None and not transport_may_stay(request.transport):
            raise full()
        connection = self.sockets.get(request.query.get("sid"))
        if connection is not None and connection.upgraded and self._wants_websocket(request):
            return await connection.second_websocket(request)
        return await super().handle_request(*args, **kwargs)

    def open_plain(self, sock: socket.socket, peer: str, first: bytes, hand_over: HandOver) -> bool:
        """If these first bytes of a connection are a plain request that may be answered, does so
        and returns True. All others are for `handle_request`, which says what is wrong with them
        (listener.Open)."""
        if self._http_connections.open(sock, peer, first, hand_over):
            return True
        handshake = self._handshakes.read(first)
        if handshake is None or not self.may_connect(handshake.sender):
            return False
        connection, answer = self.sockets.get(handshake.sid), handshake.answer
        if connection is None:
            if handshake.sid:
                return False
            address = self.address_of(handshake.sender, peer)
            connection, opening = self._new_connection(address, upgrades=())
            answer += opening.wire
        connection.open_websocket(sock, answer, handshake.early)
        return True

    def may_connect(self, sender: Sender) -> bool:
        """Whether a request of this sender may be answered (http_connection.PollingEngine)."""
        host, origin = sender.host, sender.origin
        return self._hosts.allows(host) and (origin is None or self._origins.allow(origin, host))

    def address_of(self, sender: Sender, peer: str) -> str:
        """The address of this sender, whose connection comes from `peer`
        (http_connection.PollingEngine)."""
        return self._proxies.client(peer, sender.x_forwarded_for, sender.forwarded)

    def open_polling(self, client: str) -> Connection:
        """A new session of this client, whose Engine.IO OPEN waits in its outbox
        (http_connection.PollingEngine)."""
        connection, opening = self._new_connection(client, upgrades=("websocket",))
        connection.put(opening)
        connection.open_polling()
        return connection

    def _new_connection(self, client: str, upgrades: Sequence[str]) -> tuple[Connection, Frame]:
        """A connection of this client, and the Engine.IO OPEN, which has to be sent first."""
        connection = Connection(self, self._receiver, self.generate_id(), client)
        self.sockets[connection.sid] = connection
        ping_s = (self.ping_interval, self.ping_timeout)
        opening = Frame.open(connection.sid, upgrades, ping_s, self.max_http_buffer_size)
        return connection, opening

    def _wants_websocket(self, request: web.Request) -> bool:
        """The request is for a WebSocket, from a page that may open one."""
        origin = request.headers.get("Origin")
        environ = {"HTTP_HOST": request.headers.get("Host", ""), "aiohttp.request": request}
        return (
            request.query.get("transport") == "websocket"
            and request.headers.get("Upgrade", "").lower() == "websocket"
            and (origin is None or self._allows(origin, environ))
        )

    async def _handle_connect(
        self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None
    ) -> Any:
        request: web.Request = environ["aiohttp.request"]
        if "transport" not in request.query:  # the library would take that for polling
            return self._bad_request("Invalid transport")
        if transport == "polling":
            connection = self.open_polling(self._client(request))
            return self._ok(connection.outbox.take(request.transport))
        connection, opening = self._new_connection(self._client(request), upgrades=())
        connection.put(opening)
        try:
            return await connection.handle_get_request(environ)
        finally:
            if not connection.connected:
                connection.cut_off()

    def _get_socket(self, sid: str) -> Connection:
        """A connection that is closed, and still listed for a moment, is returned as well: the
        library's method raises KeyError there, which `handle_request` does not expect."""
        connection: Connection = self.sockets[sid]
        return connection

    # --- origins ---------------------------------------------------------------------------------

    def _allows(self, origin: str | None, environ: dict[str, Any]) -> bool:
        if origin is None:  # the library asks for the headers of an answer
            return False
        host = environ.get("HTTP_HOST", "")
        if self._origins.allow(origin, host):
            return True
        client = self._client(environ["aiohttp.request"])
        self._refused_page = f"from {client}: Origin {origin:.70}, Host {host:.70}"
        return False

    def _cors_headers(self, environ: dict[str, Any]) -> list[tuple[str, str]]:
        headers: list[tuple[str, str]] = super()._cors_headers(environ)
        # Some of them repeat headers of the request, with bytes that no answer may have.
        return [*((name, value) for name, value in headers if value.isascii()), ("Vary", "Origin")]

    def page_headers(self, origin: str | None, host: str) -> list[tuple[str, str]]:
        """The headers of an answer that are about the page of its request
        (http_connection.PollingEngine)."""
        environ = {"REQUEST_METHOD": "GET", "HTTP_HOST": host}
        return self._cors_headers(environ if origin is None else environ | {"HTTP_ORIGIN": origin})

    # --- engine_port.EnginePort -------------------------------------------------------------------

    def lists(self, sid: str) -> bool:
        return sid in self.sockets

    def forget(self, sid: str) -> None:
        self.sockets.pop(sid, None)

    def malformed(self, why: str) -> None:
        self._counters.refused_frames.inc()
        self._log.warning("closed a connection that sent something bad: %.200r", why)

    def failed(self) -> None:
        self._log.exception("closed a connection after an error in the gateway")

    def unread(self, remote: str) -> None:
        self._counters.cut_off.inc()
        self._log.warning("cut off a browser that does not read: %.200r", remote)

    def _log_error_once(self, message: str, message_key: str) -> None:
        if message_key == "bad-origin":
            self._log.warning("%s: %.200r", ELSEWHERE, self._refused_page)
        else:
            self._log.warning("refused an HTTP request: %.200r", message_key)

    def _client(self, request: web.Request) -> str:
        """The address of the browser that sent the request."""
        named = [request.headers.getall(name, ()) for name in ("X-Forwarded-For", "Forwarded")]
        return self._proxies.client(request.remote or "", *named)
