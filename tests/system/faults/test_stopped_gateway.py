"""A gateway that is stopped (SIGSTOP) for longer than its lease, and goes on as if nothing was."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.support.surroundings import run_module
from tests.support.system import Process, System
from tests.system.client import eventually, ok
from tests.system.people import Person


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_LEASE": "2", "HUBBUB_MOVE_GRACE": "2", "HUBBUB_LEAVE_GRACE": "1"}


@contextlib.asynccontextmanager
async def stopped(gateway: Process) -> AsyncIterator[None]:
    await asyncio.to_thread(gateway.pause)
    try:
        yield
    finally:
        await asyncio.to_thread(gateway.resume)


def news(person: Person, room: str, user: str) -> list[str]:
    """The joins and leaves of a person in the log of the room."""
    kinds = ("join", "leave", "rename")
    return [e["EvtType"] for e in person.lines(room) if e["User"] == user and e["EvtType"] in kinds]


async def ready(gateway: Process) -> None:
    await asyncio.to_thread(gateway.wait_ready)


async def test_the_people_of_a_stopped_gateway_leave_and_are_back_once(
    two_gateways: System, visit, name, room
) -> None:
    here, there = two_gateways.gateways
    ann = await visit(here.url, name("ann"), room)
    bob = await visit(there.url, name("bob"), room)
    async with stopped(here):
        await bob.hears(lambda e: e["EvtType"] == "leave" and e["User"] == ann.user, within=15)
        assert (await bob.participants(room))["users"] == [bob.user]
        await bob.say(room, "where is ann?")
    await bob.hears(
        lambda e: e["EvtType"] == "join" and e["User"] == ann.user and e["Seq"] > 2, within=15
    )
    # Her page has noticed only that time has passed.
    await ann.hears_text("where is ann?")
    said = await ann.say(room, "here I am")
    await bob.hears_text("here I am")
    listing = await bob.participants(room)
    assert (listing["count"], listing["users"]) == (2, [ann.user, bob.user])
    assert news(bob, room, ann.user) == ["join", "leave", "join"]
    await ann.hears_text("here I am")
    assert ann.seqs(room) == list(range(1, said["seq"] + 1))


async def test_somebody_who_is_banned_meanwhile_hears_no_more(
    two_gateways: System, visit, name, room
) -> None:
    here, there = two_gateways.gateways
    mallory = await visit(here.url, name("mallory"), room)
    bob = await visit(there.url, name("bob"), room)
    async with stopped(here):
        await bob.hears(lambda e: e["EvtType"] == "leave" and e["User"] == mallory.user, within=15)
        settings = {"HUBBUB_BROKER": two_gateways.settings["HUBBUB_BROKER"]}
        done = await asyncio.to_thread(run_module, "scripts.ban", mallory.user, **settings)
        assert done.returncode == 0, done.stderr
    async with asyncio.timeout(15):
        await mallory.gone.wait()
    assert (await bob.participants(room))["users"] == [bob.user]


async def test_somebody_who_is_back_elsewhere_was_never_away(
    two_gateways: System, visit, name, room
) -> None:
    here, there = two_gateways.gateways
    ann, dan = [await visit(here.url, name(n), room) for n in ("ann", "dan")]
    bob = await visit(there.url, name("bob"), room)
    async with stopped(here):
        tab = await visit(there.url)
        assert (await tab.join(room, token=ann.token))["user"] == ann.user
        await given_up(bob, dan)
    await ready(here)
    await ann.say(room, "still here")
    await bob.hears_text("still here")
    assert (await bob.participants(room))["users"] == [ann.user, bob.user, dan.user]
    await tab.disconnect()
    await bob.say(room, "one tab less")
    await ann.hears_text("one tab less")
    assert news(bob, room, ann.user) == ["join"]
    await ann.disconnect()
    await bob.hears(lambda e: e["EvtType"] == "leave" and e["User"] == ann.user)


async def test_a_command_that_a_stopped_gateway_sends_late_is_not_done_twice(
    two_gateways: System, visit, name, room
) -> None:
    """A page says something to the stopped gateway, gives it up and says it again elsewhere."""
    here, there = two_gateways.gateways
    ann, dan = [await visit(here.url, name(n), room) for n in ("ann", "dan")]
    bob = await visit(there.url, name("bob"), room)
    message = {"room": room, "message": "in doubt", "id": "in-doubt"}
    async with stopped(here):
        late = await ann.begin("chat", message)
        tab = await visit(there.url)
        await tab.join(room, token=ann.token)
        first = ok(await tab.ask("chat", message))
        await given_up(bob, dan)
    async with asyncio.timeout(15):
        assert ok(await late) == first
    await bob.say(room, "after")
    await bob.hears_text("after")
    assert [e["Text"] for e in bob.lines(room, "message")] == ["in doubt", "after"]


async def test_a_command_that_was_given_up_is_not_done_late(
    two_gateways: System, visit, name, room
) -> None:
    """The person has gone, and the message was never acked: it must not appear when the gateway
    goes on."""
    here, there = two_gateways.gateways
    ann, dan = [await visit(here.url, name(n), room) for n in ("ann", "dan")]
    bob = await visit(there.url, name("bob"), room)
    async with stopped(here):
        await ann.begin("chat", {"room": room, "message": "a ghost", "id": "ghost"})
        await ann.lose()
        await given_up(bob, dan)
        await bob.hears(lambda e: e["EvtType"] == "leave" and e["User"] == ann.user)
    await ready(here)
    await dan.say(room, "back")
    await bob.hears_text("back")
    assert "a ghost" not in str(await bob.history(room))

    async def the_others_are_here() -> bool:
        return bool((await bob.participants(room))["users"] == [bob.user, dan.user])

    await eventually(the_others_are_here, "ann's lost connection is over, too")


async def given_up(witness: Person, of: Person) -> None:
    """Waits until the lease of the gateway of `of` and the grace are over."""
    await witness.hears(lambda e: e["EvtType"] == "leave" and e["User"] == of.user, within=15)
