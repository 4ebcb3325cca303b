"""A browser that does not read is cut off, a gateway that stopped catches up, and others notice
nothing."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.support.system import System
from tests.system.client import ok

BUFFER_BYTES = 4096
TEXT = "\U0001f600" * 4000


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_OUTBOX_BYTES": "200000", "HUBBUB_LEASE": "10"}


@asynccontextmanager
async def never_reading(
    system: System, auth: dict[str, object]
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A socket that joins by its handshake, with a small window, and reads nothing after that."""

    def make(address) -> socket.socket:
        made = socket.socket(address[0], address[1], address[2])
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        made.setblocking(False)
        return made

    connector = aiohttp.TCPConnector(socket_factory=make)
    url = f"{system.url}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession(connector=connector) as http:
        socket_ = await http.ws_connect(url, max_msg_size=0)
        try:
            await socket_.send_str("40" + json.dumps(auth))
            while '"joined"' not in await socket_.receive_str(timeout=5):
                pass
            yield socket_
        finally:
            connection = socket_._response.connection
            if connection is not None and connection.transport is not None:
                connection.transport.abort()
            socket_._response.close()


async def test_a_browser_that_does_not_read_is_cut_off_and_recovers(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    token = "x" * 22 + name("")
    auth = {"token": token, "user": name("slow"), "join": [{"room": room}]}
    async with never_reading(hubbub, auth):
        said = 0
        left = False
        # The kernel's buffers take several MB before the outbox of the gateway fills.
        while not left and said < 1500:
            asked = [
                await ann.begin("chat", {"room": room, "message": TEXT, "id": f"{said + n}"})
                for n in range(20)
            ]
            for answer in asked:
                ok(await answer)
            said += 20
            left = any(e["User"] == name("slow") for e in bob.lines(room, "leave"))
        await bob.hears(lambda e: e["EvtType"] == "leave" and e["User"] == name("slow"), 15)
        await bob.hears(lambda e: e.get("Id") == str(said - 1), 15)
        seqs = bob.seqs(room)
        assert seqs == list(range(1, len(seqs) + 1)), "bob missed nothing of it"
    back = await visit(hubbub.url)
    ack = await back.join(room, token=token)
    assert ack["user"] == name("slow")


async def test_a_gateway_that_stops_for_a_while_catches_up(
    two_gateways: System, visit, name, room
) -> None:
    here, there = two_gateways.urls
    ann = await visit(here, name("ann"), room)
    bob = await visit(there, name("bob"), room)
    await bob.hears(lambda e: e["User"] == name("bob"))
    gateway = two_gateways.gateways[1]
    gateway.pause()
    try:
        for number in range(200):
            await ann.say(room, f"m{number}")
        await ann.hears_text("m199")
    finally:
        gateway.resume()
    await bob.hears_text("m199")
    assert bob.seqs(room) == list(range(1, 203))
    await bob.say(room, "caught up")
    await ann.hears_text("caught up")
    assert ann.lines(room, "leave") == []


async def test_a_gateway_that_stops_in_the_middle_of_a_join_leaves_no_hole(
    two_gateways: System, visit, name, room
) -> None:
    """More than a page is said between the ack of the join and its replay."""
    here, there = two_gateways.urls
    ann = await visit(here, name("ann"), room)
    bob = await visit(there)
    ack = await bob.join(room, user=name("bob"))
    gateway = two_gateways.gateways[1]
    gateway.pause()
    try:
        for number in range(120):
            await ann.say(room, f"m{number}")
    finally:
        gateway.resume()
    await bob.hears_text("m119")
    assert bob.seqs(room) == list(range(1, ack["seq"] + 121))
