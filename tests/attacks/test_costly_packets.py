"""Packets and frames that cost more than they look: costly JSON, floods of empty frames, frames and
bodies that never end."""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from socket import SO_SNDBUF, SOL_SOCKET, socket
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.attacks.unnoticed import nobody_notices
from tests.gateway.protocol.test_websocket_frames import frame
from tests.support.system import System
from tests.system.memory import memory_mib
from tests.system.raw import is_closed, raw

ATTACKERS = 3
FLOOD_S, COMES_AGAIN_S = 2.0, 0.4
SILENT, BODIES = 150, 30
FRAME_BYTES = 150_000
GROWN_MIB = 60.0
WITHIN_S = 10.0

COSTLY = {
    "arrays": ",".join(["[]"] * 600_000),
    "objects": ",".join(["{}"] * 600_000),
    "integers": ",".join(["1"] * 900_000),
    "long integers": ",".join(["1" * 4300] * 400),
    "keys": "{" + ",".join(f'"k{n}":{n}' for n in range(100_000)) + "}",
    "the same key": "{" + ",".join(['"room":1'] * 200_000) + "}",
    "nesting": "[" * 900 + "]" * 900,
    "escapes": '"' + "\\ud800" * 300_000 + '"',
    "JSON in JSON": json.dumps('{"message":"x","more":[' + ",".join(["[]"] * 500_000) + "]}"),
}


@pytest.mark.parametrize("kind", COSTLY)
async def test_costly_json_disturbs_nobody(hubbub: System, kind: str) -> None:
    """A packet of the largest size that is accepted, and one of the largest size that is parsed."""

    async def attack() -> None:
        end = time.monotonic() + COMES_AGAIN_S
        while time.monotonic() < end:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(ATTACKERS):
                    tasks.create_task(one())

    async def one() -> None:
        async with raw(hubbub) as ws:
            await ws.send_str("40")
            costly = COSTLY[kind]
            small = costly if len(costly) < 100_000 else costly[:5000].rpartition(",")[0]
            small += "}" if small.startswith("{") and not small.endswith("}") else ""
            packets = [f'["chat",{costly}]', *[f'["chat",{small}]'] * 20]
            if kind in ("escapes", "JSON in JSON"):
                packets = [f'["chat",{costly}]'] * 3
            for number, packet in enumerate(packets):
                await ws.send_str(f"42{number}{packet}")
            answered = 0
            async with asyncio.timeout(WITHIN_S):
                while answered < len(packets):
                    answer = await ws.receive_str()
                    if answer.startswith("43"):
                        assert '"ok":false' in answer
                        answered += 1

    await nobody_notices(attack, hubbub)


@contextmanager
def opened(system: System) -> Iterator[socket]:
    """A WebSocket after its handshake, as a plain socket."""
    url = urlsplit(system.url)
    with socket() as wire:
        wire.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 16)
        wire.settimeout(WITHIN_S)
        wire.connect((url.hostname, url.port))
        wire.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b" 101 " in wire.recv(1000)
        yield wire


EMPTY = {
    "continuations": frame(1, b"", fin=False) + frame(0, b"", fin=False) * 10_000,
    "tiny parts": frame(1, b"", fin=False) + frame(0, b"4", fin=False) * 10_000,
    "pings": frame(9, b"") * 10_000,
    "pongs": frame(10, b"") * 10_000,
    "noops": frame(1, b"6") * 10_000,
    "Engine.IO pongs": frame(1, b"3") * 10_000,
    "acks": frame(1, b"40") + frame(1, b"430[]") * 10_000,
    "comings and goings": (frame(1, b"40") + frame(1, b"41")) * 5000,
    "other namespaces": frame(1, b"40/" + os.urandom(50).hex().encode()) * 5000,
}


@pytest.mark.parametrize("kind", EMPTY)
async def test_floods_of_what_asks_for_nothing_are_ended(hubbub: System, kind: str) -> None:
    def flood_once() -> None:
        with opened(hubbub) as wire:
            try:
                for _ in range(1000):
                    wire.sendall(EMPTY[kind])
            except ConnectionError:
                return
        raise AssertionError("it took ten million frames")

    def flood() -> None:
        """A socket that was closed connects again."""
        end = time.monotonic() + COMES_AGAIN_S
        while time.monotonic() < end:
            flood_once()

    async def attack() -> None:
        await asyncio.gather(*(asyncio.to_thread(flood) for _ in range(ATTACKERS)))

    await nobody_notices(attack, hubbub)


async def test_a_flood_of_bad_requests_holds_nobody_up(hubbub: System) -> None:
    async def flood() -> None:
        async with raw(hubbub) as ws:
            await ws.send_str("40")
            end = asyncio.get_running_loop().time() + FLOOD_S
            while asyncio.get_running_loop().time() < end:
                for _ in range(100):
                    await ws.send_str('42["nothing"]')
                for _ in range(50):
                    await ws.receive()

    async def attack() -> None:
        await asyncio.gather(*(flood() for _ in range(ATTACKERS)))

    await nobody_notices(attack, hubbub)


@pytest.mark.parametrize("opcode", [1, 2])
@pytest.mark.parametrize("fin", [True, False], ids=["unfinished frame", "unfinished message"])
async def test_unfinished_frames_are_bounded_for_all_together(
    hubbub: System, opcode: int, fin: bool
) -> None:
    """150 connections at once, each with as much as one may keep, and the large ones of 2 MB."""
    begun = [frame(opcode, b"4" * size, fin) for size in (FRAME_BYTES, 2_000_000)]

    def begin() -> None:
        before = memory_mib(hubbub.gateways[0], "VmRSS")
        with ExitStack() as stack:
            for number in range(SILENT * 2):
                wire = stack.enter_context(opened(hubbub))
                wire.sendall(begun[number % 2][: -1 if fin else None])
            grown = memory_mib(hubbub.gateways[0], "VmRSS") - before
            assert grown < GROWN_MIB, f"{grown:.0f} MiB"

    for _ in range(2):  # what allocators keep of the first ones they have again for the next
        await asyncio.to_thread(begin)
    await nobody_notices(lambda: asyncio.to_thread(begin), hubbub)


async def test_unfinished_bodies_are_bounded_for_all_together(hubbub: System) -> None:
    body = b"4" * 2_000_000
    before = memory_mib(hubbub.gateways[0], "VmRSS")

    async def attack() -> None:
        async with aiohttp.ClientSession() as http:
            sids = []
            for _ in range(BODIES):
                async with http.get(f"{hubbub.url}/socket.io/?EIO=4&transport=polling") as answer:
                    sids.append(json.loads((await answer.text())[1:])["sid"])
        ways = []
        for sid in sids:
            url = urlsplit(hubbub.url)
            _, way = await asyncio.open_connection(url.hostname, url.port)
            path = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
            way.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n".encode())
            way.write(b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body)
            ways.append(way)
        try:
            async with asyncio.timeout(WITHIN_S):
                await asyncio.gather(*(way.drain() for way in ways), return_exceptions=True)
            grown = memory_mib(hubbub.gateways[0], "VmRSS") - before
            assert grown < GROWN_MIB, f"{grown:.0f} MiB"
        finally:
            for way in ways:
                way.transport.abort()

    await attack()  # what allocators keep of a first one they have again for the next
    await nobody_notices(attack, hubbub)


async def test_a_packet_beyond_every_size_closes_its_connection(hubbub: System) -> None:
    async with raw(hubbub) as ws:
        await ws.send_str("40")
        with suppress(ConnectionError):  # it may be closed before all of it is sent
            await ws.send_str('42["chat","' + "x" * 3_000_000 + '"]')
        assert await is_closed(ws, WITHIN_S)
