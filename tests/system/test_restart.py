"""The broker goes and comes back: everything is kept, and nobody sees a storm."""

import asyncio
import secrets
import time
from typing import Any

import pytest

from tests.support.system import System
from tests.system.client import ok, refusal
from tests.system.people import Person


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_LEASE": "3"}


async def say_surely(person: Person, room: str, message: str, id: str) -> dict[str, Any]:
    """Sends a message as a client should: with the same id again while the outcome is unknown."""
    while True:
        answer = await person.ask("chat", {"room": room, "message": message, "id": id}, within=30)
        if answer["ok"]:
            return dict(answer)
        assert refusal(answer) == "unavailable"
        await asyncio.sleep(0.1)


async def linked(person: Person) -> None:
    """Waits until the gateway says that the broker is back, if it has said that it is away."""
    if {"Up": False} in person.all("link"):
        await person.hears(lambda told: told == {"Up": True}, of="link", within=15)


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_restart_keeps_everything(hubbub: System, visit, name, room, how: str) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url)
    joined = await ann.join(room, user=name("ann"))
    private = (await ann.direct(user=name("bob")))["room"]
    await ann.say(private, "between us", id="p1")
    first = await ann.say(room, "before", id="b1")
    await asyncio.to_thread(getattr(hubbub.broker, how))
    await asyncio.to_thread(hubbub.broker.start)
    # The same id gets the same ack, though the broker is another process.
    assert await say_surely(ann, room, "before", "b1") == first
    after = await say_surely(ann, room, "after", "b2")
    assert after["seq"] == first["seq"] + 1, "no leave, no join, no hole"
    await bob.hears_text("after")
    assert bob.seqs(room) == list(range(1, after["seq"] + 1))
    again = await ann.join(room)
    assert (again["epoch"], again["uid"], again["user"], again["seq"], again["count"]) == (
        joined["epoch"], ann.uid, name("ann"), after["seq"], 2,
    )  # fmt: skip
    assert (await ann.direct(uid=bob.uid))["room"] == private
    assert [e["Text"] for e in (await bob.history(private))["events"]] == ["between us"]
    await bob.say(private, "still between us")
    assert (await ann.hears_text("still between us"))["Seq"] == 2
    # A token from before the restart still identifies its person.
    tab = await visit(hubbub.url)
    ack = await tab.join(f"{room}-2", token=ann.token)
    assert (ack["uid"], ack["user"], ack["private"]) == (ann.uid, name("ann"), {private: 2})
    # Her name is still hers.
    assert (await visit(hubbub.url, name("ann"), room)).user != name("ann")


async def test_nobody_sees_people_come_or_go(
    hubbub: System, visit, visit_plain, name, room
) -> None:
    people = [await visit(hubbub.url, name(f"p{n}"), room) for n in range(12)]
    pat = await visit_plain(hubbub.url, name("pat"))
    ann = people[0]
    listing = await ann.participants(room)
    lists = len(pat.all("participant"))
    heard = len(ann.lines(room))
    await asyncio.to_thread(hubbub.broker.restart)
    await say_surely(ann, room, "back", "x")
    after = await ann.participants(room)
    assert (after["count"], after["users"]) == (listing["count"], listing["users"])
    # When the time for gateways to register is over, there is still no such event.
    newcomer = await visit(hubbub.url, name("new"), room)
    await ann.hears(lambda p: name("new") in p["Joined"], of="presence", within=15)
    await newcomer.disconnect()
    await ann.hears(lambda e: e["EvtType"] == "leave" and e["User"] == name("new"))
    await ann.hears(lambda p: name("new") in p["Left"], of="presence")
    news = [(e["EvtType"], e["User"]) for e in ann.lines(room)[heard:]]
    assert news == [("message", ann.user), ("join", name("new")), ("leave", name("new"))]
    names = {n for p in ann.all("presence") for n in p["Left"]} - {name("new")}
    assert names == set()
    assert set(pat.all("participant")[lists:]) <= {pat.all("participant")[lists - 1]}
    assert "reset" not in [event for event, _ in ann.heard]


async def test_browsers_are_told_that_the_broker_is_away(
    hubbub: System, visit, visit_plain, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    assert ann.all("link") == []
    began = time.monotonic()
    await asyncio.to_thread(hubbub.broker.stop)
    await ann.hears(lambda told: told == {"Up": False}, of="link", within=10)
    assert time.monotonic() - began > 0.5
    status, _ = await asyncio.to_thread(hubbub.gateways[0].get, "/readyz")
    assert status == 503
    assert (await asyncio.to_thread(hubbub.gateways[0].get, "/healthz"))[0] == 200
    # A message that is said meanwhile is kept or left unanswered, but never refused for good.
    held = await ann.begin("chat", {"room": room, "message": "held", "id": "held"})
    newcomer = await visit(hubbub.url, auth={"token": secrets.token_urlsafe(16)})
    late = await newcomer.begin("join", {"room": room, "user": name("new")})
    assert not bob.gone.is_set()
    await asyncio.to_thread(hubbub.broker.start)
    await ann.hears(lambda told: told == {"Up": True}, of="link", within=15)
    async with asyncio.timeout(15):
        answer = await held
        joined = await late
    if not answer["ok"]:
        assert refusal(answer) == "unavailable"
    if not joined["ok"]:
        assert refusal(joined) == "unavailable"
    await say_surely(ann, room, "held", "held")
    await bob.hears_text("held")
    await say_surely(ann, room, "next", "next")
    await bob.hears_text("next")
    assert [e["Text"] for e in bob.lines(room, "message")] == ["held", "next"]
    await asyncio.to_thread(hubbub.gateways[0].wait_ready)


async def test_a_short_absence_is_not_told(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await asyncio.to_thread(hubbub.broker.pause)
    asked = await ann.begin("chat", {"room": room, "message": "patience"})
    await asyncio.to_thread(hubbub.broker.resume)
    async with asyncio.timeout(10):
        ok(await asked)
    assert ann.all("link") == []


async def test_messages_said_across_a_kill_are_all_there_once(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    begun, killed = asyncio.Event(), asyncio.Event()
    acked: dict[str, object] = {}

    async def talk() -> None:
        number = 0
        while number < 300 or not killed.is_set():
            some = [f"m{number + n}" for n in range(10)]
            for text, answer in zip(
                some,
                await asyncio.gather(*(say_surely(ann, room, text, text) for text in some)),
                strict=True,
            ):
                acked[text] = answer["seq"]
            number += 10
            if number >= 50:
                begun.set()

    async def kill() -> None:
        await begun.wait()
        await asyncio.to_thread(hubbub.broker.kill)
        await asyncio.to_thread(hubbub.broker.start)
        killed.set()

    await asyncio.gather(talk(), kill())
    await linked(ann)
    last = ok(await ann.ask("chat", {"room": room, "message": "last"}))
    await bob.hears(lambda e: e["Seq"] == last["seq"], within=15)
    told = {e["Text"]: e["Seq"] for e in bob.lines(room, "message")}
    del told["last"]
    assert told == acked
    assert bob.seqs(room) == list(range(1, last["seq"] + 1))


async def test_a_stopped_broker_loses_nobody(hubbub: System, visit, name, room) -> None:
    """The broker stops for longer than the lease: the time does not count, as it did not listen."""
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    await asyncio.to_thread(hubbub.broker.pause)
    try:
        await asyncio.sleep(4.5)  # the lease itself is what is tested
    finally:
        await asyncio.to_thread(hubbub.broker.resume)
    await linked(ann)
    await say_surely(ann, room, "awake", "awake")
    await bob.hears_text("awake")
    assert bob.lines(room, "leave") == []
    assert [e["User"] for e in ann.lines(room, "join")] == [ann.user, bob.user]
    assert refusal(await ann.ask("chat", {"room": f"{room}-2", "message": "x"})) == "not_joined"


async def test_a_gateway_that_comes_later_waits_for_its_broker(tmp_path, visit, name, room) -> None:
    system = System(tmp_path)
    try:
        gateway, broker = system.gateways[0], system.broker
        await asyncio.to_thread(gateway.start, False)
        await asyncio.to_thread(gateway.wait_ready, 503)
        assert (await asyncio.to_thread(gateway.get, "/healthz"))[0] == 200
        await asyncio.to_thread(broker.start)
        await asyncio.to_thread(gateway.wait_ready)
        ann = await visit(system.url, name("ann"), room)
        await ann.say(room, "all here")
        await ann.hears_text("all here")
        await asyncio.to_thread(system.stop)
    finally:
        system.kill()


async def test_a_gateway_restarts_on_its_port_and_people_come_back(
    tmp_path, visit, name, room
) -> None:
    async with System(tmp_path) as system:
        ann = await visit(system.url)
        epoch = (await ann.join(room, user=name("ann")))["epoch"]
        await ann.say(room, "before")
        await asyncio.to_thread(system.gateways[0].restart)
        async with asyncio.timeout(10):
            await ann.gone.wait()
        back = await visit(system.url)
        ack = await back.join(room, token=ann.token, since={"Epoch": epoch, "Seq": 2})
        assert (ack["user"], ack["recovered"], ack["seq"]) == (name("ann"), True, 2)


async def test_a_memory_store_forgets_and_draws_a_new_epoch(tmp_path, visit, name, room) -> None:
    async with System(tmp_path, HUBBUB_STORE="memory:") as system:
        ann = await visit(system.url)
        epoch = (await ann.join(room, user=name("ann")))["epoch"]
        await ann.say(room, "soon forgotten")
        await asyncio.to_thread(system.broker.restart)
        back = await visit(system.url)
        answer = await back.ask(
            "join",
            {"room": room, "user": name("bob"), "since": {"Epoch": epoch, "Seq": 2}},
            within=30,
        )
        assert ok(answer)["recovered"] is False
        assert answer["epoch"] != epoch
        told = await ann.hears(lambda r: r["Room"] == room, of="reset", within=15)
        assert told["Epoch"] == answer["epoch"]
