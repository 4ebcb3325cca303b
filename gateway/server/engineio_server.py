"""The Engine.IO server: makes Connections, and hands what they hear to Socket.IO."""

import asyncio
from typing import Any, Protocol

import engineio
from aiohttp import web

from common.log_rate import rate_limited
from common.settings import Settings
from gateway.protocol.frames import Frame
from gateway.protocol.sizes import sizes
from gateway.runtime.descriptor_quota import transport_may_stay
from gateway.runtime.timer_wheel import TimerWheel
from gateway.runtime.work_queue import WorkQueue
from gateway.server.forwarded import Proxies
from gateway.server.origins import Origins
from gateway.transport.backlog import Backlog
from gateway.transport.connection import Connection, Receiver
from gateway.transport.heartbeat import HeartbeatTimes
from gateway.transport.poller import Poller
from gateway.transport.takeover import full

TICK_S = 0.25
"""Pings are this exact, or a twentieth of their times if those are short."""
MAX_PAYLOAD = 1_000_000
"""What browsers are told that a polling request may have, as by the stock server; what they sent
none the less is read up to `sizes`."""

ELSEWHERE = (
    "refused a page from elsewhere (a proxy has to pass the browser's Host on; other pages of yours"
    " are listed in HUBBUB_ORIGINS)"
)


class Counter(Protocol):
    def inc(self, amount: float = 1) -> None: ...


class Counters(Protocol):
    """The figures that are kept here."""

    @property
    def cut_off(self) -> Counter: ...
    @property
    def refused_frames(self) -> Counter: ...


class EngineIOServer(engineio.AsyncServer):  # type: ignore[misc]  # the library is not typed
    """Overrides and uses what `seams` lists."""

    poller: Poller
    slices: WorkQueue
    pulses: HeartbeatTimes

    def __init__(
        self, settings: Settings, counters: Counters, receiver: Receiver, **options: Any
    ) -> None:
        self._settings = settings
        self.outbox_bytes = settings.outbox_bytes
        self.sizes = sizes(settings.text_chars)
        self.backlog = Backlog()
        self._counters = counters
        self._receiver = receiver
        # The pages of other gateways may come here when theirs is lost.
        self._origins = Origins(f"{settings.origins},{settings.gateways}")
        self._proxies = Proxies(settings.proxies)
        self._log = rate_limited(__name__)
        self._refused_page = ""
        """The last page that was not let in, for the log."""
        super().__init__(
            async_mode="aiohttp",
            ping_interval=settings.ping_interval,
            ping_timeout=settings.ping_timeout,
            max_http_buffer_size=MAX_PAYLOAD,
            http_compression=False,
            cors_allowed_origins=self._allows,
            monitor_clients=False,  # each connection has a pulse
            **options,
        )

    def open(self) -> None:
        """On the loop that it is to serve on."""
        loop, own = asyncio.get_running_loop(), self._settings
        shortest_s = min(own.ping_interval, own.ping_timeout, own.connect_timeout)
        wheel = TimerWheel(loop, min(TICK_S, shortest_s / 20))
        self.pulses = HeartbeatTimes(
            wheel, own.ping_interval, own.ping_timeout, own.connect_timeout
        )
        self.poller = Poller(loop)
        self.slices = WorkQueue(loop)

    def close(self) -> None:
        self.pulses.wheel.stop()
        self.poller.close()

    async def handle_request(self, *args: Any, **kwargs: Any) -> Any:
        request: web.Request = args[0]
        if "j" in request.query:  # scripts from strangers, needed by no browser of this century
            return web.Response(status=400, text="JSONP is not offered\n")
        if request.transport is not None and not transport_may_stay(request.transport):
            raise full()
        connection = self.sockets.get(request.query.get("sid"))
        if connection is not None and connection.upgraded and self._wants_websocket(request):
            return await connection.second_websocket(request)
        return await super().handle_request(*args, **kwargs)

    def _wants_websocket(self, request: web.Request) -> bool:
        """And comes from a page that may."""
        origin, host = request.headers.get("Origin"), request.headers.get("Host", "")
        return (
            request.query.get("transport") == "websocket"
            and request.headers.get("Upgrade", "").lower() == "websocket"
            and (origin is None or self._allows(origin, {"HTTP_HOST": host}))
        )

    async def _handle_connect(
        self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None
    ) -> Any:
        request: web.Request = environ["aiohttp.request"]
        if "transport" not in request.query:  # the library takes that for polling
            return self._bad_request("Invalid transport")
        connection = Connection(self, self._receiver, self.generate_id(), self._client(request))
        self.sockets[connection.sid] = connection
        upgrades = ["websocket"] if transport == "polling" else []
        ping_s = (self.ping_interval, self.ping_timeout)
        connection.put(Frame.open(connection.sid, upgrades, ping_s, self.max_http_buffer_size))
        if transport == "polling":
            connection.connected = True
            return self._ok(connection.outbox.take(request.transport))
        try:
            return await connection.handle_get_request(environ)
        finally:
            if not connection.connected:
                connection.cut_off()

    def _get_socket(self, sid: str) -> Connection:
        """Closed ones too, for the moment that they are still listed: the library's raises at
        a place that does not expect it."""
        connection: Connection = self.sockets[sid]
        return connection

    # --- origins ---------------------------------------------------------------------------------

    def _allows(self, origin: str | None, environ: dict[str, Any]) -> bool:
        host = environ.get("HTTP_HOST", "")
        if self._origins.allow(origin, host):
            return True
        client = self._client(environ["aiohttp.request"])
        self._refused_page = f"from {client}: Origin {origin or '':.70}, Host {host:.70}"
        return False

    def _cors_headers(self, environ: dict[str, Any]) -> list[tuple[str, str]]:
        headers: list[tuple[str, str]] = super()._cors_headers(environ)
        # Some echo the request's own, in which there can be bytes that no answer can have.
        return [*((name, value) for name, value in headers if value.isascii()), ("Vary", "Origin")]

    # --- what connections tell -------------------------------------------------------------------

    def lists(self, sid: str) -> bool:
        return sid in self.sockets

    def forget(self, sid: str) -> None:
        self.sockets.pop(sid, None)

    def malformed(self, why: str) -> None:
        self._counters.refused_frames.inc()
        self._log.warning("closed a connection for a malformed packet: %.200r", why)

    def failed(self) -> None:
        self._log.exception("closed a connection for a fault of ours")

    def unread(self, remote: str) -> None:
        self._counters.cut_off.inc()
        self._log.warning("cut off a browser that does not read: %.200r", remote)

    def _log_error_once(self, message: str, message_key: str) -> None:
        if message_key == "bad-origin":
            self._log.warning("%s: %.200r", ELSEWHERE, self._refused_page)
        else:
            self._log.warning("refused an HTTP request: %.200r", message_key)

    def _client(self, request: web.Request) -> str:
        """The address of who sent it."""
        named = [request.headers.getall(name, ()) for name in ("X-Forwarded-For", "Forwarded")]
        return self._proxies.client(request.remote or "", *named)
