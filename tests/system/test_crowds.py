"""Crowds: joins and leaves are no events, presence is a count, and names are read by page."""

import pytest

from tests.support.system import System
from tests.system.client import eventually, ok


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_CROWD": "10"}


async def test_a_crowd_is_counted_not_named(hubbub: System, visit, name, room) -> None:
    people = [await visit(hubbub.url, name(f"p{n:02}"), room) for n in range(18)]
    ann = people[0]

    async def counted() -> bool:
        told = [p for p in ann.all("presence") if p["Room"] == room]
        return bool(told and told[-1]["Count"] == 18)

    await eventually(counted, "presence counts 18")
    last = ann.all("presence")[-1]
    assert (last["Joined"], last["Left"]) == ([], [])
    heard = len(ann.lines(room))
    assert heard < 14, "joins stop when it is a crowd"
    await people[17].leave(room)
    newcomer = await visit(hubbub.url, name("new"), room)
    ok(await newcomer.ask("typing", {"room": room, "typing": True}))
    await newcomer.say(room, "hello crowd")
    await ann.hears_text("hello crowd")
    assert len(ann.lines(room)) == heard + 1
    assert [t for t in ann.all("typing") if t["Room"] == room] == []
    listed = await ann.participants(room, prefix=name("p"), limit=100)
    assert listed["count"] == 18
    first = await ann.participants(room, limit=5)
    assert first["users"] == sorted(p.user for p in [*people[:17], newcomer])[:5]
    assert first["more"] is True


async def test_plain_pages_of_a_crowd_are_told_a_hundred_names(
    hubbub: System, visit, visit_plain, name
) -> None:
    names = [name(f"p{n:03}") for n in range(105)]
    side = await visit(hubbub.url, name("zoe"), "lobby")
    sockets = [await visit(hubbub.url, user, "lobby") for user in names]
    pat = await visit_plain(hubbub.url)
    await pat.tell("join", name("zz-pat"))
    shown = ", ".join(names[:100]) + ", … and 7 more"
    await pat.hears(lambda line: line == shown, of="participant")
    assert len(sockets) == 105
    assert side.all("participant") == []
