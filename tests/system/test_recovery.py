"""Recovery by `since`: exactly what was missed, or the newest page and `recovered: false`."""

import pytest

from tests.support.system import System
from tests.system.people import Person


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_RECOVERY_EVENTS": "30"}


async def miss(hubbub: System, visit, name, room: str, count: int) -> tuple[Person, Person, str]:
    """Ann reads up to Seq 3 and is lost, Bob says `count` messages."""
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url)
    epoch = (await ann.join(room, user=name("ann")))["epoch"]
    await bob.say(room, "seen")
    await ann.hears_text("seen")
    await ann.lose()
    for number in range(count):
        await bob.say(room, f"missed {number}")
    return ann, bob, epoch


@pytest.mark.parametrize("count", [0, 1, 30])
async def test_exactly_the_missed_events_come(
    hubbub: System, visit, name, room, count: int
) -> None:
    ann, bob, epoch = await miss(hubbub, visit, name, room, count)
    back = await visit(hubbub.url)
    ack = await back.join(room, token=ann.token, since={"Epoch": epoch, "Seq": 3})
    assert (ack["recovered"], ack["seq"], ack["epoch"]) == (True, 3 + count, epoch)
    await bob.say(room, "after")
    await back.hears_text("after")
    assert back.seqs(room) == list(range(4, 3 + count + 2))
    assert back.heard[0][0] == "ack join"


async def test_a_recovery_goes_on_in_order_under_traffic(hubbub: System, visit, name, room) -> None:
    ann, bob, epoch = await miss(hubbub, visit, name, room, 10)
    asked = [await bob.begin("chat", {"room": room, "message": f"live {n}"}) for n in range(10)]
    back = await visit(hubbub.url)
    await back.join(room, token=ann.token, since={"Epoch": epoch, "Seq": 3})
    asked += [await bob.begin("chat", {"room": room, "message": f"more {n}"}) for n in range(40)]
    for answer in asked:
        await answer
    await back.hears_text("more 39")
    assert back.seqs(room) == list(range(4, 64))


async def test_too_far_behind_starts_over_with_the_newest_page(
    hubbub: System, visit, name, room
) -> None:
    ann, bob, epoch = await miss(hubbub, visit, name, room, 80)
    back = await visit(hubbub.url)
    ack = await back.join(room, token=ann.token, since={"Epoch": epoch, "Seq": 3})
    assert (ack["recovered"], ack["seq"]) == (False, 83)
    await bob.say(room, "after")
    await back.hears_text("after")
    assert back.seqs(room) == list(range(34, 85))


@pytest.mark.parametrize("since", [{"Epoch": "another", "Seq": 3}, {"Seq": 1000}])
async def test_a_since_of_another_log_starts_over(hubbub: System, visit, name, room, since) -> None:
    ann, bob, epoch = await miss(hubbub, visit, name, room, 3)
    back = await visit(hubbub.url)
    ack = await back.join(room, token=ann.token, since={"Epoch": epoch, **since})
    assert ack["recovered"] is False
    await bob.say(room, "after")
    await back.hears_text("after")
    assert back.seqs(room) == list(range(1, 8))


async def test_a_since_of_zero_brings_all_events(hubbub: System, visit, name, room) -> None:
    ann, bob, epoch = await miss(hubbub, visit, name, room, 3)
    back = await visit(hubbub.url)
    ack = await back.join(room, token=ann.token, since={"Epoch": epoch, "Seq": 0})
    assert ack["recovered"] is True
    await bob.say(room, "after")
    await back.hears_text("after")
    assert back.seqs(room) == list(range(1, 8))


async def test_after_the_grace_the_own_leave_and_join_are_among_the_missed(
    hubbub: System, visit, name, room
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url)
    epoch = (await ann.join(room, user=name("ann")))["epoch"]
    await ann.disconnect()
    await bob.hears(lambda e: e["EvtType"] == "leave")
    back = await visit(hubbub.url)
    ack = await back.join(room, token=ann.token, since={"Epoch": epoch, "Seq": 2})
    assert (ack["recovered"], ack["seq"]) == (True, 4)
    await back.hears(lambda e: e["Seq"] == 4)
    assert [(e["EvtType"], e["Seq"]) for e in back.lines(room)] == [("leave", 3), ("join", 4)]


async def test_a_recovery_works_at_another_gateway(two_gateways: System, visit, name, room) -> None:
    here, there = two_gateways.urls
    bob = await visit(here, name("bob"), room)
    ann = await visit(here)
    epoch = (await ann.join(room, user=name("ann")))["epoch"]
    await ann.lose()
    for number in range(5):
        await bob.say(room, f"missed {number}")
    back = await visit(there)
    ack = await back.join(room, token=ann.token, since={"Epoch": epoch, "Seq": 2})
    assert (ack["recovered"], ack["user"], ack["uid"]) == (True, name("ann"), ann.uid)
    await bob.say(room, "after")
    await back.hears_text("after")
    assert back.seqs(room) == [3, 4, 5, 6, 7, 8]
    assert bob.lines(room, "leave") == []
