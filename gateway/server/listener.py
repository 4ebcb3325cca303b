"""The listeners: the addresses on which a gateway accepts connections, and how long silent ones
stay."""

import asyncio
import socket
from contextlib import suppress
from weakref import WeakSet

from aiohttp import web
from aiohttp.typedefs import Handler

from common.addresses import listen
from gateway.runtime.descriptor_quota import may_stay, may_visit, transport_may_stay

ACCEPTED_A_TURN = 8
"""Connections that are accepted in one turn of the loop: their handshakes delay everything else by
some 3 ms."""
BACKLOG = 4096
"""Connections that may wait in the kernel to be accepted."""
KEEPALIVE_S = 75.0
"""An HTTP connection may be idle for so long before its next request."""
VISIT_S = 5.0
"""A connection on one of the last descriptors is closed after this time."""


async def listen_on(runner: web.AppRunner, host: str, port: int) -> list[web.SockSite]:
    """Listens on all addresses of the host. Raises OSError if one is taken."""
    sites = []
    for listening in listen(host, port):
        listener = Listener(fileno=listening.detach())
        sites.append(web.SockSite(runner, listener, backlog=ACCEPTED_A_TURN))
        await sites[-1].start()
        # asyncio accepts as many connections in one turn as `backlog` says, so it is given a small
        # number, and the kernel gets the real one afterwards.
        listener.listen(BACKLOG)
    return sites


class Listener(socket.socket):
    """A listening socket that keeps the last descriptors free."""

    def accept(self) -> tuple[socket.socket, object]:
        """Raises OSError if no descriptor is left for it: the loop accepts again later."""
        accepted, address = super().accept()
        if not may_visit(accepted.fileno()):
            accepted.close()
            raise ConnectionAbortedError
        if not may_stay(accepted.fileno()):
            asyncio.get_running_loop().call_later(VISIT_S, _shut_down, accepted)
        return accepted, address


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
