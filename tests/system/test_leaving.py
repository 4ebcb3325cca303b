"""Leaving: the grace for lost connections, leaving at once, presence that adds up."""

import asyncio
import random
import time
from typing import Any

import pytest

from tests.support.system import System
from tests.system.client import eventually, ok
from tests.system.people import Person

GRACE_S = 3.0


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_LEAVE_GRACE": str(GRACE_S)}


async def test_somebody_who_comes_back_within_the_grace_was_never_away(
    hubbub: System, visit, name, room
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.lose()
    cleo = await visit(hubbub.url, name("cleo"), room)
    await cleo.lose()
    back = await visit(hubbub.url)
    ack = await back.join(room, token=ann.token)
    assert (ack["user"], ack["uid"], ack["seq"]) == (name("ann"), ann.uid, 3)
    await bob.hears(lambda e: e["EvtType"] == "leave" and e["User"] == name("cleo"), GRACE_S + 5)
    await bob.say(room, "is everybody here?")
    await back.hears_text("is everybody here?")
    news = [(e["EvtType"], e["User"]) for e in bob.lines(room) if e["EvtType"] != "message"]
    assert news == [
        ("join", name("bob")),
        ("join", name("ann")),
        ("join", name("cleo")),
        ("leave", name("cleo")),
    ]
    assert not [p for p in bob.all("presence") if name("ann") in p["Left"]]
    assert (await bob.participants(room))["users"] == [name("ann"), name("bob")]


async def test_a_lost_connection_leaves_after_the_grace(hubbub: System, visit, name, room) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url, name("ann"), room)
    began = time.monotonic()
    await ann.lose()
    await bob.hears(lambda e: e["EvtType"] == "leave", GRACE_S + 5)
    assert time.monotonic() - began > GRACE_S - 0.5
    await bob.hears(lambda p: name("ann") in p["Left"], of="presence")
    assert (await bob.participants(room))["count"] == 1


async def test_a_disconnect_leaves_at_once(hubbub: System, visit, name, room) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.join(f"{room}-2")
    began = time.monotonic()
    await ann.disconnect()
    line = await bob.hears(lambda e: e["EvtType"] == "leave")
    assert time.monotonic() - began < GRACE_S - 0.5, "waited for the grace"
    assert (line["User"], line["Uid"], line["Room"]) == (name("ann"), ann.uid, room)


async def test_a_leave_leaves_one_room_at_once(hubbub: System, visit, name, room) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    await bob.join(f"{room}-2")
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.join(f"{room}-2")
    assert await ann.leave(room) == {"ok": True}
    await bob.hears(lambda e: e["EvtType"] == "leave" and e["Room"] == room)
    await ann.say(f"{room}-2", "still in the other")
    await bob.hears_text("still in the other")
    assert bob.lines(f"{room}-2", "leave") == []


async def test_other_rooms_know_nothing_of_a_return_elsewhere(
    hubbub: System, visit, name, room
) -> None:
    """If somebody comes back to one of two rooms, the other room sees a leave after the grace."""
    bob = await visit(hubbub.url, name("bob"), room)
    await bob.join(f"{room}-2")
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.join(f"{room}-2")
    await ann.lose()
    back = await visit(hubbub.url)
    await back.join(room, token=ann.token)
    await bob.hears(lambda e: e["EvtType"] == "leave" and e["Room"] == f"{room}-2", GRACE_S + 5)
    await back.say(room, "here I am")
    await bob.hears_text("here I am")
    assert bob.lines(room, "leave") == []


class Roster:
    """The people in a room, from a list of names and the presence that came after it."""

    def __init__(self, person: Person, room: str) -> None:
        self.person, self.room = person, room
        self.users: set[str] = set()
        self.count = 0
        self.version = -1
        self.applied = 0
        self._seen = 0

    async def take(self) -> None:
        """Starts over from the list of names."""
        users: list[str] = []
        while True:
            page = await self.person.participants(self.room, after=users[-1] if users else "")
            if users and page["version"] != self.version:
                users = []
                continue
            self.version, self.count = page["version"], page["count"]
            users += page["users"]
            if not page["more"]:
                break
        self.users = set(users)

    def follow(self) -> bool:
        """Applies the presence that was heard; returns False if a change is missing."""
        told = [p for p in self.person.all("presence") if p["Room"] == self.room]
        for news in told[self._seen :]:
            self._seen += 1
            if news["Version"] <= self.version:
                continue
            if news["Since"] != self.version:
                return False
            self._apply(news)
        return True

    def _apply(self, news: dict[str, Any]) -> None:
        assert not set(news["Joined"]) & set(news["Left"]), "a join and a leave cancel out"
        assert set(news["Left"]) <= self.users, f"{news} after {self.users}"
        assert not set(news["Joined"]) & self.users, f"{news} after {self.users}"
        self.users = (self.users - set(news["Left"])) | set(news["Joined"])
        self.version, self.count = news["Version"], news["Count"]
        self.applied += 1
        assert self.count == len(self.users)


async def test_presence_adds_up_to_the_listing_under_churn(
    hubbub: System, visit, name, room
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    roster = Roster(bob, room)
    await roster.take()
    chance = random.Random(7)
    people = [await visit(hubbub.url, name(f"p{n}"), f"{room}-side") for n in range(8)]

    async def churn(person: Person, seed: int) -> None:
        own = random.Random(seed)
        for turn in range(25):
            if own.random() < 0.2:
                ok(await person.ask("join", {"room": room, "user": name(f"q{seed}-{turn}")}))
            elif own.random() < 0.6:
                ok(await person.ask("join", {"room": room}))
            else:
                await person.ask("leave", {"room": room})
            await asyncio.sleep(own.random() * 0.05)

    async def watch() -> None:
        for _ in range(10):
            if not roster.follow() or chance.random() < 0.3:
                await roster.take()
            await asyncio.sleep(0.1)

    await asyncio.gather(watch(), *(churn(p, n) for n, p in enumerate(people)))
    truth = await bob.participants(room)

    async def settled() -> bool:
        if not roster.follow():
            await roster.take()
        return roster.version >= int(truth["version"])

    await eventually(settled, "presence caught up with the listing")
    listed = await bob.participants(room)
    assert roster.users == set(listed["users"]) == set(truth["users"])
    assert roster.count == listed["count"] == len(listed["users"])


async def test_presence_reaches_quickly_and_is_gathered(hubbub: System, visit, name, room) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    roster = Roster(bob, room)
    await roster.take()
    people = [await visit(hubbub.url, name(f"p{n}"), f"{room}-side") for n in range(12)]
    began = time.monotonic()
    for answer in [await p.begin("join", {"room": room}) for p in people]:
        ok(await answer)

    async def all_here() -> bool:
        assert roster.follow(), "a delta is missing"
        return roster.count == 13

    await eventually(all_here, "presence told of all")
    took = time.monotonic() - began
    assert roster.users == {name("bob"), *(name(f"p{n}") for n in range(12))}
    assert roster.applied <= took * 4 + 2, "at most four a second"


async def test_a_join_and_a_leave_in_one_gathering_are_no_news(
    hubbub: System, visit, name, room
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url, name("ann"), f"{room}-side")
    roster = Roster(bob, room)
    await roster.take()
    for _ in range(10):
        for answer in [await ann.begin(what, {"room": room}) for what in ("join", "leave")]:
            ok(await answer)
    await ann.join(room)
    now = ok(await bob.ask("participants", {"room": room}))["version"]
    await bob.hears(lambda p: p["Version"] >= now, of="presence")
    roster.follow()
    assert roster.users == {name("ann"), name("bob")}


async def test_many_who_join_and_ask_are_told_four_times_a_second(
    hubbub: System, visit, name, room
) -> None:
    """Each person asks for the names after the join, and what each was told adds up."""
    people = [await visit(hubbub.url, name("bob"), room)]
    people += [await visit(hubbub.url, name(f"p{n}"), f"{room}-side") for n in range(24)]
    rosters = [Roster(person, room) for person in people]
    await rosters[0].take()
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for person, roster in zip(people[1:], rosters[1:], strict=True):
            ok(await person.ask("join", {"room": room}))
            tasks.create_task(roster.take())
            # Joins come faster than presence is sent, and too slowly for a crowd.
            await asyncio.sleep(0.07)

    async def all_here() -> bool:
        assert all(roster.follow() for roster in rosters), "a delta is missing"
        return all(roster.count == len(people) for roster in rosters)

    await eventually(all_here, "presence told of all")
    took = time.monotonic() - began
    assert all(roster.users == {person.user for person in people} for roster in rosters)
    told = [p for p in people[0].all("presence") if p["Room"] == room and p["Joined"]]
    assert len(told) <= took * 4 + 2, "at most four a second"
    assert all(page["count"] == len(page["users"]) for person in people
               for page in person.all("ack participants"))  # fmt: skip
