"""The doors: the addresses that a gateway listens on."""

import socket

from aiohttp import web

ACCEPTED_A_TURN = 8
"""Connections taken in one turn of the loop; their handshakes hold up the others for some 3 ms."""
WAITING = 4096
"""Connections that wait to be taken, in the kernel."""


async def open_doors(runner: web.AppRunner, host: str, port: int) -> list[web.SockSite]:
    """Listens on all addresses of the host. Raises OSError if one is taken."""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    doors = []
    for family, _, _, _, address in dict.fromkeys(found):
        door = socket.create_server(address[:2], family=family, backlog=WAITING)
        doors.append(web.SockSite(runner, door, backlog=ACCEPTED_A_TURN))
        await doors[-1].start()
        # asyncio takes as many in a turn as it believes may wait: it was told a lie.
        door.listen(WAITING)
    return doors
