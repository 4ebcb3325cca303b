"""The stock JavaScript client under node: the original's page, and one with retries and auth."""

import json
import secrets

import pytest

from tests.support.system import System
from tests.system.client import ok
from tests.system.node_page import NodePage


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_NAME_HOLD": "0"}


def said(text: str, user: str = "me") -> str:
    return json.dumps({"user": user, "timestamp": 12345, "message": text})


async def test_the_originals_page_works_unchanged(hubbub: System, name) -> None:
    async with NodePage(hubbub.url) as ann, NodePage(hubbub.url) as bob:
        await ann.emit("join", name("ann"))
        await ann.hears(lambda line: line == name("ann"), of="participant")
        await bob.emit("join", name("bob"))
        both = f"{name('ann')}, {name('bob')}"
        await ann.hears(lambda line: line == both, of="participant")
        await bob.hears(lambda line: line == both, of="participant")
        await ann.hears(lambda e: e["EvtType"] == "join" and e["User"] == name("bob"))
        await bob.emit("typing", name("bob"))
        await ann.hears(lambda line: line == name("bob"), of="typing")
        await bob.emit("chat", said("hello <b>you</b>", user="ann"))
        for page in (ann, bob):
            line = await page.hears(lambda e: e["EvtType"] == "message")
            assert line["Text"] == "hello <b>you</b>"
            assert line["User"] == name("bob")
        await bob.does("disconnect")
        await ann.hears(lambda e: e["EvtType"] == "leave" and e["User"] == name("bob"))


async def test_a_page_starts_by_polling_and_upgrades(hubbub: System, name, room) -> None:
    auth = {"token": secrets.token_urlsafe(16), "user": name("ann"), "join": [{"room": room}]}
    async with NodePage(hubbub.url, auth=auth) as ann:
        assert await ann.hears(of="open") == "polling"
        ok(await ann.hears(of="joined"))
        for number in range(30):
            ok(await ann.ask("chat", {"room": room, "message": f"m{number}"}))
        await ann.hears(lambda e: e["EvtType"] == "message" and e["Text"] == "m29")
        seqs = [e["Seq"] for e in ann.all("chat")]
        assert seqs == list(range(1, 32))
        assert await ann.hears(of="upgrade") == "websocket"


async def test_a_queue_sent_at_once_finds_itself_joined(hubbub: System, visit, name, room) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    auth = {"token": secrets.token_urlsafe(16), "user": name("ann"), "join": [{"room": room}]}
    async with NodePage(hubbub.url, auth=auth, retries=3, ackTimeout=4000) as ann:
        for number in range(5):
            await ann.emit("chat", {"room": room, "message": f"q{number}", "id": f"q{number}"})
        await ann.hears(lambda e: e.get("Text") == "q4")
        await bob.hears_text("q4")
        texts = [e["Text"] for e in bob.lines(room, "message")]
        assert texts == [f"q{number}" for number in range(5)]


async def test_a_lost_page_comes_back_by_itself_and_its_queue_with_it(
    hubbub: System, visit, name, room
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    auth = {"token": secrets.token_urlsafe(16), "user": name("ann"), "join": [{"room": room}]}
    options = {"auth": auth, "retries": 3, "ackTimeout": 4000, "transports": ["websocket"]}
    async with NodePage(hubbub.url, **options) as ann:
        ok(await ann.hears(of="joined"))
        await ann.does("lose")
        await ann.hears(of="disconnect")
        await ann.emit("chat", {"room": room, "message": "said while away", "id": "away"})
        await bob.hears_text("said while away")
        assert len(ann.all("joined")) >= 1
    assert bob.lines(room, "leave") == [], "back within the grace: nobody saw her go"


async def test_an_unknown_namespace_is_refused(hubbub: System) -> None:
    async with NodePage(hubbub.url + "/nowhere", reconnection=False) as page:
        await page.hears(of="connect_error")
