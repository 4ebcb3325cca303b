"""Transports: long polling, WebSocket, and the upgrade from one to the other, all in order."""

import asyncio
import secrets
from pathlib import Path
from typing import Any

import engineio
import pytest

from tests.support.system import System
from tests.system.client import ok
from tests.system.node_page import NodePage
from tests.system.people import Person


async def talk(person: Person, room: str, count: int, done: asyncio.Event) -> None:
    """Says messages: at least `count`, and until `done` is set."""
    number = 0
    while number < count or not done.is_set():
        asked = []
        for _ in range(10):
            asked.append(
                await person.begin("chat", {"room": room, "message": f"{person.user} {number}"})
            )
            number += 1
        for answer in asked:
            ok(await answer)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("how", ["polling", "websocket", "polling websocket"])
async def test_every_transport_carries_everything(
    hubbub: System, visit, name, room, how: str
) -> None:
    ann = await visit(hubbub.url, name("ann"), room, transports=how.split())
    assert ann.transport == how.split()[-1]
    bob = await visit(hubbub.url, name("bob"), room)
    asked = [await ann.begin("chat", {"room": room, "message": f"m{n}"}) for n in range(50)]
    assert [ok(await answer)["seq"] for answer in asked] == list(range(3, 53))
    await bob.hears_text("m49")
    for number in range(50):
        await bob.say(room, f"b{number}")
    await ann.hears_text("b49")
    assert ann.seqs(room) == list(range(1, 103))
    page = await ann.history(room, limit=100)
    assert len(page["events"]) == 100
    await ann.disconnect()
    await bob.hears(lambda e: e["EvtType"] == "leave")


async def test_a_stock_polling_client_survives_a_long_replay_and_many_acks(
    tmp_path: Path, visit, name, room
) -> None:
    """It hangs up at an answer of more than 16 packets."""
    assert engineio.payload.Payload.max_decode_packets == 16
    settings: dict[str, Any] = {"HUBBUB_REPLAY": "200", "HUBBUB_MESSAGE_RATE": "0"}
    async with System(tmp_path, **settings) as system:
        bob = await visit(system.url, name("bob"), room)
        said = [await bob.begin("chat", {"room": room, "message": f"m{n}"}) for n in range(200)]
        assert all([ok(await answer) for answer in said])
        ann = await visit(system.url, name("ann"), room, transports=["polling"])
        await ann.hears_text("m199")
        asked = [await ann.begin("chat", {"room": room, "message": f"a{n}"}) for n in range(50)]
        seqs = [ok(await answer)["seq"] for answer in asked]
        assert seqs == list(range(seqs[0], seqs[0] + 50))
        await ann.hears_text("a49")
        assert ann.seqs(room) == list(range(2, seqs[-1] + 1))


async def test_polling_hears_in_order_under_traffic(hubbub: System, visit, name, room) -> None:
    people = [
        await visit(hubbub.url, name(f"p{n}"), room, transports=[how])
        for n, how in enumerate(["polling", "websocket", "polling"])
    ]
    done = asyncio.Event()
    done.set()
    await asyncio.gather(*(talk(person, room, 80, done) for person in people))
    for person in people:
        await person.hears(lambda e: e["Seq"] == 243, within=20)
        assert person.seqs(room) == list(range(1, 244))


async def test_the_upgrade_loses_and_repeats_nothing_under_traffic(
    hubbub: System, visit, name, room
) -> None:
    """The JavaScript client talks by polling while it upgrades; each connection sees every event
    once and in order, from its first one on."""
    ann = await visit(hubbub.url, name("ann"), room)
    done = asyncio.Event()

    async def page(number: int) -> list[int]:
        auth = {
            "token": secrets.token_urlsafe(16),
            "user": name(f"page{number}"),
            "join": [{"room": room}],
        }
        options = {"auth": auth, "transports": ["polling", "websocket"]}
        async with NodePage(hubbub.url, **options) as node:
            ok(await node.hears(of="joined"))
            await node.hears(of="upgrade", within=15)
            last = ok(await node.ask("chat", {"room": room, "message": "upgraded"}))["seq"]
            await node.hears(lambda e: e["Seq"] == last + 20, within=15)
            return [e["Seq"] for e in node.all("chat")]

    async def pages() -> list[list[int]]:
        try:
            return [
                seqs
                for start in range(0, 6, 3)
                for seqs in await asyncio.gather(*(page(start + n) for n in range(3)))
            ]
        finally:
            done.set()

    seen, _ = await asyncio.gather(pages(), talk(ann, room, 10, done))
    for seqs in seen:
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert len(seqs) > 20
