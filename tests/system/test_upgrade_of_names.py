"""A store of the version before: its rooms are found by their old names, its people keep theirs."""

import sqlite3
from contextlib import closing

import pytest

from scripts.processes import ROOT
from tests.support.system import System
from tests.system.client import refusal

VERSION_2 = ROOT / "tests" / "broker" / "store" / "version_2.sql"
"""ann was in straße (bob in strasse), grüße, οδός …; `like` is called an\u200dn, `blank` \u3164."""


@pytest.fixture(scope="module")
def hubbub(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("hubbub")
    with closing(sqlite3.connect(folder / "hubbub.db")) as connection:
        connection.executescript(VERSION_2.read_text())
        # All have left long ago, or those who look like one another could not all keep their names.
        connection.executescript("DELETE FROM sessions; UPDATE identities SET seen = 1695781000;")
    with System(folder, HUBBUB_LEASE="2", HUBBUB_MOVE_GRACE="1") as system:
        yield system


def token(who: str) -> str:
    return f"token-of-{who}-abcdefghijklmnop"


@pytest.mark.parametrize(
    ("typed", "room", "text"),
    [
        ("grüße", "grüsse", "in grüße"),
        ("GRÜSSE", "grüsse", "in grüße"),
        ("οδός", "οδόσ", "in οδός"),
        ("½", "½", "in ½"),
        ("straße", "strasse", "in strasse"),
        ("strasse-2", "strasse-2", "in straße"),
    ],
)
async def test_rooms_are_found_with_all_that_was_said(
    hubbub: System, visit, typed: str, room: str, text: str
) -> None:
    bob = await visit(hubbub.url)
    assert (await bob.join(typed, token=token("bob")))["room"] == room
    events = (await bob.history(typed))["events"]
    assert text in [event["Text"] for event in events]
    await bob.leave(typed)


@pytest.mark.parametrize(("who", "user"), [("like", "an\u200dn"), ("blank", "\u3164")])
@pytest.mark.parametrize("says_it", [True, False])
async def test_people_keep_their_names(
    hubbub: System, visit, who: str, user: str, says_it: bool
) -> None:
    """Names that nobody would get any more."""
    person = await visit(hubbub.url)
    ack = await person.join("lobby", token=token(who), user=user if says_it else None)
    assert ack["user"] == user
    refused = await person.ask(
        "join", {"room": "lobby", "token": token(who), "user": "\u3164\u3164"}
    )
    assert refusal(refused) == "bad_name"


async def test_of_two_that_look_alike_the_later_one_is_numbered(hubbub: System, visit) -> None:
    like, ann = await visit(hubbub.url), await visit(hubbub.url)
    assert (await like.join("lobby", token=token("like")))["user"] == "an\u200dn"
    assert (await ann.join("lobby", token=token("ann")))["user"] == "ann2"


async def test_conversations_of_two_are_there(hubbub: System, visit) -> None:
    blank = await visit(hubbub.url)
    await blank.join("lobby", token=token("blank"))
    [room] = await own(blank)
    events = (await blank.history(room))["events"]
    assert [event["Text"] for event in events] == ["to you alone"]


async def own(person) -> list[str]:
    listed = (await person.ask("rooms", {}))["rooms"]
    return [row["room"] for row in listed if row["kind"] == "direct"]


async def test_who_was_banned_still_is(hubbub: System, visit) -> None:
    bad = await visit(hubbub.url)
    assert refusal(await bad.ask("join", {"room": "lobby", "token": token("bad")})) == "banned"
