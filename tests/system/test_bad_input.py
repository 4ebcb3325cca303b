"""Bad input from browsers: a clear error there, and nobody else is disturbed."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.system.harness import House
from tests.system.people import refusal


@pytest.fixture(scope="module")
def house_settings() -> dict[str, str]:
    return {"HUBBUB_CONNECT_TIMEOUT": "2"}


@pytest.fixture
async def undisturbed(hubbub: House, visit, name, room) -> AsyncIterator[None]:
    """Two people who talk before and after; no process was replaced."""
    ann = await visit(hubbub.url, name("calm-ann"), f"{room}-calm")
    bob = await visit(hubbub.url, name("calm-bob"), f"{room}-calm")
    pids = [process.pid for process in hubbub.processes]
    yield
    await ann.say(f"{room}-calm", "undisturbed")
    assert (await bob.hears_text("undisturbed"))["Seq"] == 3
    assert not ann.gone.is_set()
    assert pids == [process.pid for process in hubbub.processes]
    assert all(process.running for process in hubbub.processes)


@asynccontextmanager
async def raw(house: House) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A bare Engine.IO connection."""
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{house.url}/socket.io/?EIO=4&transport=websocket") as socket,
    ):
        assert (await socket.receive_str(timeout=5)).startswith("0{")
        yield socket


async def is_closed(socket: aiohttp.ClientWebSocketResponse, within: float) -> bool:
    """Whether the server ends this connection in time."""
    try:
        async with asyncio.timeout(within):
            while True:
                message = await socket.receive()
                if message.type in (
                    aiohttp.WSMsgType.CLOSE,
                    aiohttp.WSMsgType.CLOSED,
                    aiohttp.WSMsgType.CLOSING,
                    aiohttp.WSMsgType.ERROR,
                ):
                    return True
    except TimeoutError:
        return False


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
    hubbub: House, undisturbed, packet: str | bytes
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
            await socket.send_str("2")  # text where the binary part should come
        assert await is_closed(socket, 5), "the connection stays open"


@pytest.mark.parametrize("packet", ['40"a string"', "4017", "40{", "40/nowhere,", "40[[]]"])
async def test_a_bad_connect_is_answered(hubbub: House, undisturbed, packet: str) -> None:
    async with raw(hubbub) as socket:
        await socket.send_str(packet)
        answer = await socket.receive(timeout=5)
        if answer.type is aiohttp.WSMsgType.TEXT:
            assert answer.data[:2] in ("40", "44")


async def test_a_connection_without_connect_is_closed(hubbub: House, undisturbed) -> None:
    async with raw(hubbub) as socket:
        assert await is_closed(socket, 8)


async def test_an_event_before_connect_says_nothing(
    hubbub: House, visit, name, room, undisturbed
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
async def test_bad_requests_are_answered(hubbub: House, undisturbed, path: str) -> None:
    status, body = await asyncio.to_thread(hubbub.gateways[0].get, path)
    assert 400 <= status < 500, (status, body[:200])
    assert "Traceback" not in body
    assert "[project]" not in body


async def test_polling_garbage_is_answered(hubbub: House, undisturbed) -> None:
    base = f"{hubbub.url}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as http:
        for body in (b"\xff\xfe", b"4" * 50, b"b!!!", b"\x1e" * 100, b"x" * 3_000_000):
            async with http.get(base) as answer:
                sid = json.loads((await answer.text())[1:])["sid"]
            try:
                async with http.post(f"{base}&sid={sid}", data=io.BytesIO(body)) as answer:
                    assert answer.status < 500
            except aiohttp.ClientError:
                pass  # closed on us: clear enough


@pytest.mark.parametrize("size", [200_000, 900_000, 3_000_000])
async def test_a_huge_message_is_refused(
    hubbub: House, visit, name, room, undisturbed, size: int
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    answer = await ann.begin("chat", {"room": room, "message": "x" * size})
    try:
        async with asyncio.timeout(10):
            assert refusal(await answer) == "too_long"
    except ConnectionError:
        assert size > 1_000_000, "closed without a word"


async def test_large_payloads_of_every_event_are_refused(
    hubbub: House, visit, name, room, undisturbed
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    large = "x" * 60_000
    for event, payload in [
        ("join", {"room": large}),
        ("join", {"room": room, "user": large}),
        ("join", {"room": room, "since": {"Epoch": large, "Seq": 1}}),
        ("join", large),
        ("leave", {"room": large}),
        ("typing", {"room": large, "typing": True}),
        ("direct", {"user": large}),
        ("direct", {"uid": large}),
        ("history", {"room": large}),
        ("history", {"room": room, "after": 10**30}),
        ("participants", {"room": room, "prefix": large}),
        ("rooms", {"after": large}),
        ("chat", large),
    ]:
        answer = await ann.ask(event, payload)
        if event in ("participants", "rooms") and answer["ok"]:
            continue  # nobody begins with that: a fair answer too
        refusal(answer)
    await ann.say(room, "still in")


STRANGE = [
    "\ud800",
    "a\udfffb",
    "\x00",
    "\uffff",
    "\U0010ffff",
    "\u2028",
    "{{7*7}}",
    "'; drop table events; --",
    "%s%n%x",
    "__proto__",
    "e\u0301" * 64,
]


@pytest.mark.parametrize("strange", STRANGE, ids=ascii)
async def test_strange_strings_at_every_place(
    hubbub: House, name, room, undisturbed, strange: str
) -> None:
    """Sent as bare JSON, as a browser can; each request is answered, and history can be read."""
    async with raw(hubbub) as socket:
        await socket.send_str("40")
        requests = [
            ("join", {"room": room, "user": name("ann")}),
            ("chat", {"room": room, "message": f"a {strange} b"}),
            ("chat", {"room": room, "message": "x", "id": strange[:32]}),
            ("chat", {"room": strange, "message": "x"}),
            ("join", {"room": strange}),
            ("join", {"room": f"{room}-2", "user": strange}),
            ("join", {"room": room, "since": {"Epoch": strange[:32], "Seq": 1}}),
            ("join", {"room": f"{room}-3", "token": strange * 22}),
            ("direct", {"user": strange}),
            ("direct", {"uid": strange}),
            ("participants", {"room": room, "prefix": strange}),
            ("participants", {"room": room, "after": strange}),
            ("rooms", {"after": strange}),
            ("history", {"room": room}),
            ("history", {"room": strange}),
        ]
        for number, (event, payload) in enumerate(requests):
            await socket.send_str(f"42{number}" + json.dumps([event, payload]))
        answers = {}
        async with asyncio.timeout(10):
            while len(answers) < len(requests):
                packet = await socket.receive_str()
                if packet == "2":
                    await socket.send_str("3")
                if packet.startswith("43"):
                    number, _, body = packet[2:].partition("[")
                    [answers[int(number)]] = json.loads("[" + body)
        assert answers[0]["ok"]
        assert answers[13]["ok"]
        assert all(isinstance(answer["ok"], bool) for answer in answers.values())


async def test_wrong_numbers_are_refused(hubbub: House, name, room, undisturbed) -> None:
    """Numbers that JSON allows and Python's parser takes, but no Seq has."""
    async with raw(hubbub) as socket:
        await socket.send_str("40")
        await socket.send_str("421" + json.dumps(["join", {"room": room, "user": name("ann")}]))
        wrong = ["1e999", "NaN", "-Infinity", "1e400", "-1", "9" * 5000, "true", "0.5", '"1"']
        for number, value in enumerate(wrong, 10):
            await socket.send_str(f'42{number}["history",{{"room":"{room}","before":{value}}}]')
            await socket.send_str(f"42{number + 50}" + json.dumps(["rooms", {}]))
            answered = False
            while not answered:
                message = await socket.receive(timeout=10)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    assert value in ("NaN", "-Infinity", "9" * 5000), f"{value} closed it"
                    return  # no JSON by the standard: malformed
                if message.data.startswith(f"43{number}["):
                    assert refusal(json.loads(message.data[4:])[0]) == "bad_request"
                answered = message.data.startswith(f"43{number + 50}[")


async def test_many_requests_without_reading_are_bounded(
    hubbub: House, name, room, undisturbed
) -> None:
    """Somebody who only writes is read no further, or closed; the house goes on."""
    async with raw(hubbub) as socket:
        await socket.send_str("40")
        await socket.send_str("420" + json.dumps(["join", {"room": room, "user": name("ann")}]))
        for number in range(1, 400):
            await socket.send_str(f"42{number}" + json.dumps(["history", {"room": room}]))
