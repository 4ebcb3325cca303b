"""The restart: a gateway with many rooms, whose broker is killed and started again."""

import asyncio
import json
import secrets
import time
import urllib.error
import urllib.request
from contextlib import AsyncExitStack

import aiohttp

from scripts.bench.report import Row
from scripts.bench.servers import hubbub_system
from scripts.load.spawned import LoadError
from scripts.load.workers import plan_name
from scripts.processes import Processes
from scripts.progress import Progress

ROOMS = 100
"""Rooms of one socket: the default of HUBBUB_SOCKET_ROOMS."""
WITHIN_S = 120.0
DOWN_S = 10.0
LOOK_S = 0.02


def restart(rooms: int, progress: Progress) -> Row:
    """Seconds until the gateway is ready, and the share of rooms that get a message after that."""
    with hubbub_system() as system:
        return asyncio.run(_restart(system, rooms, progress))


async def _restart(system: Processes, rooms: int, progress: Progress) -> Row:
    names = [f"room-{number}" for number in range(rooms)]
    parts = [names[start : start + ROOMS] for start in range(0, rooms, ROOMS)]
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        sockets = []
        progress.step(f"{len(parts)} sockets join {rooms} rooms")
        for number, part in enumerate(parts):
            progress.show(number, len(parts))
            address = f"{system.urls[0]}/socket.io/?EIO=4&transport=websocket"
            socket = await stack.enter_async_context(http.ws_connect(address, compress=0))
            joins = [{"room": room} for room in part]
            auth = {"user": plan_name(), "token": secrets.token_urlsafe(16), "join": joins}
            await socket.send_str("40" + json.dumps(auth))
            if await _count(socket, '42["joined",{"ok":true', len(part)) < len(part):
                raise LoadError(f"socket {number} could not join all of its rooms")
            sockets.append(socket)
        progress.step("the broker is killed and started again")
        gateway = system.gateways[0].http
        system.broker.kill()
        await _until_ready(gateway, False, DOWN_S)
        began = time.monotonic()
        system.broker.start(ready=False)
        await _until_ready(gateway, True, WITHIN_S)
        ready_s = time.monotonic() - began
        progress.step("somebody says something in each room")
        heard = await asyncio.gather(
            *(_say_all(*pair) for pair in zip(sockets, parts, strict=True))
        )
    return {
        "rooms": rooms,
        "gateways of a room": 1,
        "ready s": ready_s,
        "live": sum(heard) / rooms,
    }


async def _say_all(socket: aiohttp.ClientWebSocketResponse, rooms: list[str]) -> int:
    """In how many of its rooms the socket gets its own message."""
    for number, room in enumerate(rooms):
        message = json.dumps(["chat", {"room": room, "message": "live"}])
        await socket.send_str(f"42{number}{message}")
    return await _count(socket, '"EvtType":"message"', len(rooms))


async def _count(socket: aiohttp.ClientWebSocketResponse, mark: str, wanted: int) -> int:
    """How many packets with this mark arrived, of so many that should."""
    count = 0
    try:
        async with asyncio.timeout(WITHIN_S):
            while count < wanted:
                packet = await socket.receive_str()
                if '"ok":false' in packet:
                    break
                count += mark in packet
                if packet == "2":
                    await socket.send_str("3")
    except (TimeoutError, TypeError):  # the latter: it was closed
        pass
    return count


async def _until_ready(http: str, ready: bool, within_s: float) -> None:
    """Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            if await asyncio.to_thread(_is_ready, http) == ready:
                return
            await asyncio.sleep(LOOK_S)


def _is_ready(http: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{http}/readyz", timeout=2):
            return True
    except (OSError, urllib.error.URLError):
        return False
