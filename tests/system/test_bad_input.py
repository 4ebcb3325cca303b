"""Bad input from browsers: a clear error there, and nobody else is disturbed."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.support.system import System
from tests.system.client import refusal
from tests.system.raw import raw


@pytest.mark.parametrize("size", [200_000, 900_000, 3_000_000])
async def test_a_huge_message_is_refused(
    hubbub: System, visit, name, room, undisturbed, size: int
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    answer = await ann.begin("chat", {"room": room, "message": "x" * size})
    try:
        async with asyncio.timeout(10):
            assert refusal(await answer) == "too_long"
    except ConnectionError:
        assert size > 1_000_000, "closed without a word"


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_binary_arguments_are_refused_and_the_connection_is_kept(
    hubbub: System, visit, name, room, undisturbed, transport: str
) -> None:
    ann = await visit(hubbub.url, name("ann"), room, transports=[transport])
    for said in (b"x", {"room": room, "message": b"x"}, {"room": room, "message": "x", "y": [b""]}):
        assert refusal(await ann.ask("chat", said)) == "bad_request"
    assert refusal(await ann.ask("chat", b"x" * 500_000)) == "bad_request"
    await ann.say(room, "still here")


async def test_large_payloads_of_every_event_are_refused(
    hubbub: System, visit, name, room, undisturbed
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
            continue  # no name begins with such a prefix: an empty list is right
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
async def test_strange_strings_at_every_place_are_answered(
    hubbub: System, name, room, undisturbed, strange: str
) -> None:
    """The strings are sent as bare JSON, as a browser can. Each request is answered, and history
    can still be read."""
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
        answers: dict[int, Any] = {}
        async with asyncio.timeout(10):
            while len(answers) < len(requests):
                packet = await socket.receive_str()
                if packet == "2":
                    await socket.send_str("3")
                if packet.startswith("43"):
                    no, _, body = packet[2:].partition("[")
                    [answers[int(no)]] = json.loads("[" + body)
        assert answers[0]["ok"]
        assert answers[13]["ok"]
        assert all(isinstance(answer["ok"], bool) for answer in answers.values())


async def test_wrong_numbers_are_refused(hubbub: System, name, room, undisturbed) -> None:
    """These are numbers that Python's JSON parser takes, but that are no Seq."""
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
                    return  # the packet is malformed: it is no JSON by the standard
                if message.data.startswith(f"43{number}["):
                    assert refusal(json.loads(message.data[4:])[0]) == "bad_request"
                answered = message.data.startswith(f"43{number + 50}[")


async def test_many_requests_without_reading_are_bounded(
    hubbub: System, name, room, undisturbed
) -> None:
    """A socket that only writes is read no further, or closed; the gateway goes on."""
    async with raw(hubbub) as socket:
        await socket.send_str("40")
        await socket.send_str("420" + json.dumps(["join", {"room": room, "user": name("ann")}]))
        for number in range(1, 400):
            await socket.send_str(f"42{number}" + json.dumps(["history", {"room": room}]))
