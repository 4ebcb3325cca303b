"""Strangers who write to one person, and one who comes and goes: nobody is kept from anything."""

import time
from collections.abc import Iterator

import pytest

from tests.attacks.unnoticed import nobody_notices
from tests.support.system import System
from tests.system.client import ok, refusal
from tests.system.people import Visit

STRANGERS = 60
"""Three times as many as one person may have conversations here."""
CHURN_S = 3.0
RATE = 10


@pytest.fixture(scope="module")
def popular(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that allows few conversations for each person, and a rate that the bystander
    needs."""
    folder = tmp_path_factory.mktemp("popular")
    with System(folder, HUBBUB_PRIVATE_ROOMS="20", HUBBUB_MESSAGE_RATE="60") as system:
        yield system


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with the rates of production."""
    folder = tmp_path_factory.mktemp("strict")
    with System(folder, HUBBUB_MESSAGE_RATE=str(RATE), HUBBUB_CROWD_JOINS="20") as system:
        yield system


async def test_strangers_cannot_shut_anybody_off(popular: System, visit: Visit, tag: str) -> None:
    victim = await visit(popular.url, f"victim-{tag}", "lobby")
    friend = await visit(popular.url, f"friend-{tag}", "lobby")

    async def attack() -> None:
        for number in range(STRANGERS):
            stranger = await visit(popular.url, f"s{number}-{tag}", "crowded")
            opened = ok(await stranger.ask("direct", {"uid": victim.uid}))
            if number % 2:
                await stranger.say(opened["room"], "buy this")

    await nobody_notices(attack, popular)
    listed = ok(await victim.ask("rooms", {"limit": 100}))["rooms"]
    conversations = [one for one in listed if one["kind"] == "direct"]
    assert len(conversations) == 20
    assert all(one["seq"] for one in conversations)
    mine = ok(await victim.ask("direct", {"uid": friend.uid}))
    theirs = ok(await friend.ask("direct", {"uid": victim.uid}))
    assert mine["room"] == theirs["room"]
    await friend.say(mine["room"], "hello you")
    assert (await victim.hears_text("hello you"))["Seq"] == 1
    late = await visit(popular.url, f"late-{tag}", "lobby")
    ok(await late.ask("direct", {"uid": victim.uid}))


async def test_one_who_comes_and_goes_is_slowed_down(
    strict: System, visit: Visit, tag: str
) -> None:
    room = f"tea-{tag}"
    watcher = await visit(strict.url, f"watcher-{tag}", room)
    other = await visit(strict.url, f"other-{tag}", room)
    churner = await visit(strict.url, f"churner-{tag}", room)
    codes: list[str] = []
    end = time.monotonic() + CHURN_S
    while time.monotonic() < end:
        await churner.leave(room)
        while not (answer := await churner.ask("join", {"room": room}))["ok"]:
            codes.append(refusal(answer))
    assert set(codes) == {"rate_limited"}
    moves = [one for one in watcher.all("chat") if one["EvtType"] in ("join", "leave")]
    assert len(moves) < 2 * (50 / 2 + 3 + CHURN_S * RATE / 2) + 10
    await other.tell("typing", {"room": room, "typing": True})
    await watcher.hears(lambda told: told["Users"] == [other.user], of="typing")


async def test_one_person_makes_few_rooms(strict: System, visit: Visit, tag: str) -> None:
    person = await visit(strict.url, f"maker-{tag}", f"first-{tag}")
    made, begun = 1, time.monotonic()
    for number in range(400):
        answer = await person.ask("join", {"room": f"r{number}-{tag}"})
        if answer["ok"]:
            made += 1
            await person.leave(f"r{number}-{tag}")
    assert 100 <= made <= 102 + RATE * (time.monotonic() - begun)
