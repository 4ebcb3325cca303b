"""Reading: pages of history, of participants, of rooms."""

import asyncio
from typing import Any

import pytest

from tests.support.system import System
from tests.system.client import ok, refusal
from tests.system.people import Person


async def fill(person: Person, room: str, count: int, first: int = 0) -> None:
    """Says `m0`, `m1` …"""
    for start in range(first, first + count, 50):
        numbers = range(start, min(start + 50, first + count))
        asked = [await person.begin("chat", {"room": room, "message": f"m{n}"}) for n in numbers]
        for answer in await asyncio.gather(*asked):
            ok(answer)


async def test_history_goes_down_to_the_first_event(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await fill(ann, room, 230)
    events: list[dict[str, Any]] = []
    before, pages = None, 0
    while True:
        page = await ann.history(room, limit=70, **({"before": before} if before else {}))
        assert set(page) == {"ok", "events", "more"}
        seqs = [e["Seq"] for e in page["events"]]
        assert seqs == sorted(seqs)
        events = page["events"] + events
        pages += 1
        if not page["more"]:
            break
        assert len(seqs) == 70
        before = seqs[0]
    assert [e["Seq"] for e in events] == list(range(1, 232))
    assert [e["Text"] for e in events[1:]] == [f"m{n}" for n in range(230)]
    assert pages == 4


async def test_history_goes_up_from_the_first_event(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await fill(ann, room, 130)
    seqs, after = [], 0
    while True:
        page = await ann.history(room, after=after, limit=50)
        seqs += [e["Seq"] for e in page["events"]]
        if not page["more"]:
            break
        after = seqs[-1]
    assert seqs == list(range(1, 132))


async def test_both_bounds_are_exclusive(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await fill(ann, room, 20)
    page = await ann.history(room, after=5, before=9)
    assert [e["Seq"] for e in page["events"]] == [6, 7, 8]
    assert page["more"] is False
    assert (await ann.history(room, after=21))["events"] == []
    assert (await ann.history(room, before=1))["events"] == []
    assert (await ann.history(room, before=0))["events"] == []


async def test_history_shows_what_was_heard_live(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    await ann.say(room, "one", id="i1")
    await bob.join(room, user=name("bobby"))
    await bob.leave(room)
    await ann.say(room, "two")
    await ann.hears_text("two")
    assert (await ann.history(room))["events"] == ann.lines(room)
    assert [e["EvtType"] for e in ann.lines(room)] == [
        "join", "join", "message", "rename", "leave", "message",
    ]  # fmt: skip


async def test_a_page_has_a_hundred_events_at_most(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await fill(ann, room, 150)
    answer = await ann.ask("history", {"room": room, "limit": 500})
    if answer["ok"]:
        assert len(answer["events"]) == 100
        assert answer["more"] is True
    else:
        assert refusal(answer) == "bad_request"
    page = await ann.history(room, limit=100)
    assert [e["Seq"] for e in page["events"]] == list(range(52, 152))


async def test_large_texts_come_in_pages_too(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    text = "\U0001f600" * 4000
    for number in range(70):
        await ann.say(room, text, id=f"large-{number}")
    seqs: list[int] = []
    while not seqs or seqs[0] > 1:
        page = await ann.history(room, before=seqs[0] if seqs else 1000)
        assert page["events"], "a page must go on"
        seqs = [e["Seq"] for e in page["events"]] + seqs
    assert seqs == list(range(1, 72))
    await ann.hears(lambda e: e["Seq"] == 71)
    assert ann.seqs(room) == list(range(1, 72))


async def test_participants_come_in_sorted_pages(hubbub: System, visit, name, room) -> None:
    first = ["Bea", "anton", "Cleo", "dora", "Emil", "albert", "Adam"]
    people = [await visit(hubbub.url, name(user), room) for user in first]
    users, after, pages = [], "", 0
    while True:
        page = await people[0].participants(room, after=after, limit=3)
        assert set(page) == {"ok", "count", "version", "users", "more"}
        assert page["count"] == 7
        users += page["users"]
        pages += 1
        if not page["more"]:
            break
        assert len(page["users"]) == 3
        after = page["users"][-1]
    assert users == [name(user) for user in sorted(first, key=str.casefold)]
    assert pages == 3


async def test_participants_by_prefix_without_regard_to_case(
    hubbub: System, visit, name, room
) -> None:
    people = [
        await visit(hubbub.url, name(user), room) for user in ("Anna", "anton", "Bea", "ANja")
    ]
    page = await people[0].participants(room, prefix="aN")
    assert page["users"] == [name("ANja"), name("Anna"), name("anton")]
    assert page["count"] == 4, "the room's, not the page's"
    page = await people[0].participants(room, prefix="an", after=name("anna"), limit=1)
    assert page["users"] == [name("anton")]
    assert (await people[0].participants(room, prefix="zz"))["users"] == []


async def test_rooms_are_listed_private_first_then_by_count(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), f"{room}-small")
    bob = await visit(hubbub.url, name("bob"), f"{room}-big")
    await ann.join(f"{room}-big")
    await bob.say(f"{room}-big", "hi")
    opened = await ann.direct(user=name("bob"))
    rows = (await ann.rooms())["rooms"]
    names = [row["room"] for row in rows]
    assert names[0] == opened["room"]
    assert names.index(f"{room}-big") < names.index(f"{room}-small")
    assert all(row["kind"] == "public" for row in rows[1:])
    assert [r["count"] for r in rows[1:]] == sorted((r["count"] for r in rows[1:]), reverse=True)
    private, big = rows[0], rows[names.index(f"{room}-big")]
    assert {"room", "kind", "count", "seq", "read", "unread"} <= set(private)
    assert (private["kind"], private["user"]) == ("direct", name("bob"))
    assert (big["count"], big["seq"]) == (2, 3)
    assert opened["room"] not in [r["room"] for r in (await visit_rooms(visit, hubbub, name))]


async def visit_rooms(visit, hubbub: System, name) -> list[dict[str, object]]:
    """The list of rooms that somebody else gets."""
    eve = await visit(hubbub.url, name("eve"), "eves-place")
    rows: list[dict[str, object]] = (await eve.rooms())["rooms"]
    return rows


async def test_rooms_come_in_pages(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    opened = await ann.direct(user=name("bob"))
    for number in range(5):
        await bob.join(f"{room}-{number}")
    names: list[str] = []
    while True:
        page = await ann.rooms(limit=2, **({"after": names[-1]} if names else {}))
        assert set(page) == {"ok", "rooms", "more"}
        names += [row["room"] for row in page["rooms"]]
        if not page["more"]:
            break
        assert len(page["rooms"]) == 2
    assert len(names) == len(set(names))
    assert names[0] == opened["room"]
    assert {room, *(f"{room}-{n}" for n in range(5))} <= set(names)


async def test_an_empty_room_is_not_listed_and_remembers(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.join(f"{room}-stay")
    await ann.say(room, "remember me")
    await ann.leave(room)
    assert room not in [row["room"] for row in (await ann.rooms())["rooms"]]
    ack = await ann.join(room)
    assert ack["seq"] == 4
    assert "remember me" in [e.get("Text") for e in (await ann.history(room))["events"]]


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("history", {"before": "x"}),
        ("history", {"after": -1}),
        ("history", {"limit": 0}),
        ("history", {"limit": "ten"}),
        ("history", {"before": 1.5}),
        ("participants", {"limit": -5}),
        ("participants", {"prefix": 5}),
        ("participants", {"after": []}),
    ],
)
async def test_wrong_bounds_are_refused(
    hubbub: System, visit, name, room, event: str, payload
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    assert refusal(await ann.ask(event, {"room": room, **payload})) == "bad_request"
    assert refusal(await ann.ask("rooms", {"limit": "many"})) == "bad_request"
