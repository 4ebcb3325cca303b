"""The listeners: they accept connections, have plain requests of Engine.IO served at once, and
leave everything else to aiohttp.

The kernel reports a connection when its first bytes have come (TCP_DEFER_ACCEPT). So a request is
accepted, read and answered in one go, and until then a connection costs this process nothing. A
connection whose first bytes are anything else is handed over to aiohttp's server with these bytes,
as if aiohttp had read them.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakSet

from aiohttp import web
from aiohttp.typedefs import Handler

from common.addresses import READ_BYTES, listen
from gateway.runtime.descriptor_quota import (
    browser_descriptors,
    transport_may_stay,
    visitor_descriptors,
)
from gateway.runtime.ports import report_fault

BACKLOG = 4096
"""Connections that may wait in the kernel to be accepted."""
TURN_CONNECTIONS, TURN_S = 32, 0.003
"""At most so many connections are accepted in one turn of the loop, for so many seconds: everything
else waits meanwhile."""
HANDED_OVER_A_TURN = 8
"""Connections that are handed over to aiohttp in one turn: aiohttp needs some 300 µs for each."""
DEFER_S = 1
"""A connection that sends nothing for about so long is accepted nevertheless."""
PAUSE_S = 1.0
"""How long nothing is accepted after no descriptor was left."""
KEEPALIVE_S = 75.0
"""An HTTP connection may be idle for so long before its next request."""
VISIT_S = 5.0
"""A connection on one of the last descriptors is closed after this time."""
log = logging.getLogger(__name__)

HandOver = Callable[[socket.socket, bytes], None]
"""Called with a connection that is aiohttp's from then on, and the bytes that were read last and
are not handled."""
Open = Callable[[socket.socket, str, bytes, HandOver], bool]
"""Called with a new connection, the peer's address, and its first bytes. If they are a plain
request that it accepts, it owns the socket from then on and returns True; it may hand it over
later."""


class Listener:
    """One address on which connections are accepted, from `listen_on` until `close`."""

    def __init__(self, listening: socket.socket, server: web.Server, open_plain: Open) -> None:
        self._socket = listening
        self._server = server
        self._open_plain = open_plain
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._visit_below = self._stay_below = 0
        """Which descriptors connections may hold for a short time, and for long."""
        listening.setblocking(False)
        # What is accepted inherits these two.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_DEFER_ACCEPT"):  # elsewhere aiohttp gets all connections
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER_S)
        listening.listen(BACKLOG)
        self._loop.add_reader(listening, self._accept_some)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port, *_ = self._socket.getsockname()
        return host, port

    def close(self) -> None:
        """Accepts no more; connections that were accepted stay."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _accept_some(self) -> None:
        """Those that are left wait in the kernel, and the loop calls this again."""
        end = time.perf_counter() + TURN_S
        self._visit_below, self._stay_below = visitor_descriptors(), browser_descriptors()
        most_tasks = len(self._tasks) + HANDED_OVER_A_TURN
        for _ in range(TURN_CONNECTIONS):
            try:
                accepted, address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                return self._pause(error)
            try:
                self._serve(accepted, str(address[0]))
            except Exception as error:
                report_fault(self._loop, "a connection failed", error)
                accepted.close()
            if len(self._tasks) >= most_tasks or time.perf_counter() > end:
                return

    def _pause(self, error: OSError) -> None:
        """No descriptor or memory is left: the loop would otherwise call again at once."""
        log.error("cannot accept connections for %s s: %s", PAUSE_S, error)
        self._loop.remove_reader(self._socket)
        self._loop.call_later(PAUSE_S, self._resume)

    def _resume(self) -> None:
        if self._socket.fileno() != -1:
            self._loop.add_reader(self._socket, self._accept_some)

    def _serve(self, accepted: socket.socket, peer: str) -> None:
        accepted.setblocking(False)
        descriptor = accepted.fileno()
        if descriptor >= self._visit_below:
            return accepted.close()
        try:
            first = accepted.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            first = b""  # a connection that has sent nothing yet
        except OSError:
            return accepted.close()
        else:
            if not first:
                return accepted.close()
        if descriptor < self._stay_below:
            if self._open_plain(accepted, peer, first, self._hand_over):
                return
        else:
            self._loop.call_later(VISIT_S, _shut_down, accepted)
        self._hand_over(accepted, first)

    def _hand_over(self, accepted: socket.socket, first: bytes) -> None:
        task = self._loop.create_task(self._connect_to_aiohttp(accepted, first))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect_to_aiohttp(self, accepted: socket.socket, first: bytes) -> None:
        with suppress(OSError):  # the connection was lost
            await self._loop.connect_accepted_socket(
                lambda: _HandOver(self._server(), first), accepted
            )


class _HandOver(asyncio.Protocol):
    """Takes a connection to aiohttp's protocol, which gets the first bytes before all others."""

    def __init__(self, protocol: asyncio.Protocol, first: bytes) -> None:
        self._protocol = protocol
        self._first = first

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.set_protocol(self._protocol)
        self._protocol.connection_made(transport)
        if self._first:
            self._protocol.data_received(self._first)


def listen_on(runner: web.AppRunner, open_plain: Open, host: str, port: int) -> list[Listener]:
    """Listens on all addresses of the host; `runner` is set up. Raises OSError if one is taken."""
    assert runner.server is not None
    return [Listener(one, runner.server, open_plain) for one in listen(host, port)]


def _shut_down(accepted: socket.socket) -> None:
    with suppress(OSError):  # the peer has closed it
        accepted.shutdown(socket.SHUT_RDWR)


class IdleReaper:
    """Closes connections whose first request does not come, or does not come to its end: aiohttp
    would wait for it for ever."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._asked: WeakSet[asyncio.Transport] = WeakSet()
        self._silent: WeakSet[asyncio.Transport] = WeakSet()

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The application's middleware: it sees each request."""
        transport = request.transport
        if transport is None:
            return await handler(request)
        self._asked.add(transport)
        answer = await handler(request)
        if not transport_may_stay(transport):
            answer.force_close()
        return answer

    async def run(self, runner: web.AppRunner) -> None:
        """Runs for ever. A connection that had sent no request at two checks in a row is closed."""
        while True:
            await asyncio.sleep(self._timeout_s)
            assert runner.server is not None
            connected = [one.transport for one in runner.server.connections]
            silent = [one for one in connected if one is not None and one not in self._asked]
            for one in silent:
                if one in self._silent:
                    one.abort()
            self._silent = WeakSet(silent)
