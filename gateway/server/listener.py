"""The doors: the addresses that a gateway listens on, and who may stand in them."""

import asyncio
import socket
from contextlib import suppress
from weakref import WeakSet

from aiohttp import web
from aiohttp.typedefs import Handler

from common.addresses import listen
from gateway.runtime.descriptor_quota import may_stay, may_visit, transport_may_stay

ACCEPTED_A_TURN = 8
"""Connections taken in one turn of the loop; their handshakes hold up the others for some 3 ms."""
WAITING = 4096
"""Connections that wait to be taken, in the kernel."""
KEPT_S = 75.0
"""An HTTP connection may wait so long for its next request."""
VISIT_S = 5.0
"""The longest visit on one of the last descriptors."""


async def open_doors(runner: web.AppRunner, host: str, port: int) -> list[web.SockSite]:
    """Listens on all addresses of the host. Raises OSError if one is taken."""
    doors = []
    for listening in listen(host, port):
        door = Listener(fileno=listening.detach())
        doors.append(web.SockSite(runner, door, backlog=ACCEPTED_A_TURN))
        await doors[-1].start()
        # asyncio takes as many in a turn as it believes may wait: it was told a lie.
        door.listen(WAITING)
    return doors


class Listener(socket.socket):
    """A listening socket that lets nobody have the last descriptors."""

    def accept(self) -> tuple[socket.socket, object]:
        """Raises OSError, at which the loop looks again later."""
        guest, address = super().accept()
        if not may_visit(guest.fileno()):
            guest.close()
            raise ConnectionAbortedError
        if not may_stay(guest.fileno()):
            asyncio.get_running_loop().call_later(VISIT_S, _show_out, guest)
        return guest, address


def _show_out(guest: socket.socket) -> None:
    with suppress(OSError):  # it has gone
        guest.shutdown(socket.SHUT_RDWR)


class IdleReaper:
    """Sends away who is let in and asks for nothing, or never ends to ask: aiohttp waits for ever
    for a connection's first request."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._asked: WeakSet[asyncio.Transport] = WeakSet()
        self._silent: WeakSet[asyncio.Transport] = WeakSet()

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """For the application: each request passes here."""
        transport = request.transport
        if transport is None:
            return await handler(request)
        self._asked.add(transport)
        answer = await handler(request)
        if not transport_may_stay(transport):
            answer.force_close()
        return answer

    async def run(self, runner: web.AppRunner) -> None:
        """Who was silent at two looks has to go."""
        while True:
            await asyncio.sleep(self._patience_s)
            assert runner.server is not None
            connected = [one.transport for one in runner.server.connections]
            silent = [one for one in connected if one is not None and one not in self._asked]
            for one in silent:
                if one in self._silent:
                    one.abort()
            self._silent = WeakSet(silent)
