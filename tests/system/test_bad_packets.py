"""Bad packets and requests from browsers: closed or answered, and nobody else is disturbed."""

import asyncio
import io
import json

import aiohttp
import pytest

from tests.support.system import System
from tests.system.raw import is_closed, raw


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_CONNECT_TIMEOUT": "2"}


MALFORMED = [
    "x",
    "9",
    "4",
    "4z",
    "49",
    "42",
    "42{",
    '42["chat"',
    "42[]",
    "42[5]",
    "42{}",
    '42"chat"',
    "42[null]",
    '42[{"a":1}]',
    "4299999999999999999999999999[]",
    "451-",
    '451-["chat",{"_placeholder":true,"num":0}]',
    '45999999-["chat"]',
    "42" + "[" * 100_000,
    b"\x00\x01\x02",
    b"",
]


@pytest.mark.parametrize("packet", MALFORMED, ids=lambda packet: repr(packet[:24]))
async def test_a_malformed_packet_closes_its_connection(
    hubbub: System, undisturbed, packet: str | bytes
) -> None:
    async with raw(hubbub) as socket:
        await socket.send_str("40")
        while not (await socket.receive_str(timeout=5)).startswith("40"):
            pass
        if isinstance(packet, str):
            await socket.send_str(packet)
        else:
            await socket.send_bytes(packet)
        if packet == '451-["chat",{"_placeholder":true,"num":0}]':
            await socket.send_str("2")  # a text comes where the binary part should
        assert await is_closed(socket, 5), "the connection stays open"


@pytest.mark.parametrize("packet", ['40"a string"', "4017", "40{", "40/nowhere,", "40[[]]"])
async def test_a_bad_connect_is_answered(hubbub: System, undisturbed, packet: str) -> None:
    async with raw(hubbub) as socket:
        await socket.send_str(packet)
        answer = await socket.receive(timeout=5)
        if answer.type is aiohttp.WSMsgType.TEXT:
            assert answer.data[:2] in ("40", "44")


async def test_a_connection_without_connect_is_closed(hubbub: System, undisturbed) -> None:
    async with raw(hubbub) as socket:
        assert await is_closed(socket, 8)


async def test_an_event_before_connect_says_nothing(
    hubbub: System, visit, name, room, undisturbed
) -> None:
    bob = await visit(hubbub.url, name("bob"), "lobby")
    async with raw(hubbub) as socket:
        await socket.send_str('42["join","ghost"]')
        await socket.send_str('42["chat","{\\"message\\":\\"boo\\"}"]')
        await is_closed(socket, 4)
    await bob.is_up_to_date()
    assert "boo" not in str(bob.heard)
    assert "ghost" not in str(bob.heard)


@pytest.mark.parametrize(
    "path",
    [
        "/socket.io/?EIO=3&transport=websocket",
        "/socket.io/?EIO=4&transport=carrier-pigeon",
        "/socket.io/?EIO=4&transport=polling&sid=nobody",
        "/socket.io/",
        "/../../etc/passwd",
        "/static/../pyproject.toml",
        "/no/such/page",
        "/%00",
        "/" + "x" * 5000,
    ],
)
async def test_bad_requests_are_answered(hubbub: System, undisturbed, path: str) -> None:
    status, body = await asyncio.to_thread(hubbub.gateways[0].get, path)
    assert 400 <= status < 500, (status, body[:200])
    assert "Traceback" not in body
    assert "[project]" not in body


async def test_polling_garbage_is_answered(hubbub: System, undisturbed) -> None:
    base = f"{hubbub.url}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as http:
        for body in (b"\xff\xfe", b"4" * 50, b"b!!!", b"\x1e" * 100, b"x" * 3_000_000):
            async with http.get(base) as answer:
                sid = json.loads((await answer.text())[1:])["sid"]
            try:
                async with http.post(f"{base}&sid={sid}", data=io.BytesIO(body)) as answer:
                    assert answer.status < 500
            except aiohttp.ClientError:
                pass  # the connection was closed, which is clear enough
