"""broker.store.rekeying: upgrades a store of version 2, whose rooms and people had other keys."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.effects import NeedNamed, NeedRoom, NeedSaid, SaidFact
from broker.store.rekeying import rekey
from broker.store.schema import said_key
from broker.store.sqlite import SqliteStore
from common.names import SYSTEM, room_key, user_key

VERSION_2 = (Path(__file__).parent / "version_2.sql").read_text()
TABLES = "\n".join(line for line in VERSION_2.splitlines() if not line.startswith("INSERT"))
WALL = 1795781660.0
ANN, BOB = "-gJ6BM2bxOdw4wtZ", "3P-2oHVDv17g1PAj"
LIKE_ANN, BLANK, BAD = "IOilISW29iuEqUrT", "yZ8gBnU8EDU-Sakl", "J1x-3XBCOlnwio2d"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "hubbub.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_2)
    return path


def run(path: Path, statement: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


async def test_rooms_have_present_names_and_all_their_messages(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        store = SqliteStore(path)
        opened = await store.open(WALL, 0.0, 7 * 86400.0)
        texts = {}
        for room in ("strasse", "strasse-2", "grüsse", "οδόσ", "½", "system-2", "a"):
            page = await store.page(room, 0, 0, 100)
            assert [event.seq for event in page.events] == [*range(1, page.head + 1)]
            texts[room] = [event.text for event in page.events if event.kind == "message"]
        assert texts == {
            "strasse": ["in strasse"],
            "strasse-2": ["in straße", "more"],
            "grüsse": ["in grüße"],
            "οδόσ": ["in οδός"],
            "½": ["in ½"],
            "system-2": ["in ſyſtem"],  # noqa: RUF001
            "a": ["in a filler"],
        }
        [session] = opened.sessions
        assert session.rooms.keys() == {"strasse-2", "grüsse", "οδόσ", "½", "system-2", "a"}
        assert {fact.room for fact in opened.rooms} == {*session.rooms}
        gone = [NeedRoom("straße"), NeedRoom("grüße"), NeedRoom("ſyſtem")]  # noqa: RUF001
        assert await store.learn(gone) == [None] * 3
        await store.close()
    told = [record.getMessage() for record in caplog.records]
    assert sum("room straße is renamed to strasse-2" in line for line in told) == 1


async def test_a_retry_is_known_in_the_room_s_new_name(path: Path) -> None:
    store = SqliteStore(path)
    await store.open(WALL, 0.0, 7 * 86400.0)
    places = [
        ("strasse-2", ANN, "m1", 2), ("strasse-2", ANN, "m2", 3), ("strasse", BOB, "m1", 2),
        ("grüsse", ANN, "m1", 2),
    ]  # fmt: skip
    facts = await store.learn([NeedSaid(room, uid, id) for room, uid, id, _ in places])
    assert [fact.seq for fact in facts if isinstance(fact, SaidFact)] == [seq for *_, seq in places]
    assert await store.learn([NeedSaid("straße", ANN, "m1")]) == [None]
    await store.close()


async def test_people_keep_their_names_and_have_present_keys(path: Path) -> None:
    store = SqliteStore(path)
    opened = await store.open(WALL, 0.0, 7 * 86400.0)
    names = {fact.uid: fact.name for fact in opened.identities}
    assert names == {
        ANN: "ann", BOB: "bob", LIKE_ANN: "an\u200dn", BLANK: "\u3164", BAD: "bad\ufe0f"
    }  # fmt: skip
    needs = [NeedNamed(user_key(name)) for name in ("ann", "\u3164", "bad")]
    assert await store.learn(needs) == [(ANN, LIKE_ANN), (BLANK,), (BAD,)]
    await store.close()


async def test_the_epoch_changes_if_a_name_leads_to_another_room(path: Path) -> None:
    """The room straße is renamed to strasse-2, so its old name leads to another room."""
    [(before,)] = run(path, "SELECT epoch FROM meta")
    store = SqliteStore(path)
    opened = await store.open(WALL, 0.0, 7 * 86400.0)
    await store.close()
    assert opened.epoch != before


async def test_the_epoch_stays_if_every_name_leads_to_its_room(path: Path) -> None:
    for room in ("strasse", "ſyſtem"):  # noqa: RUF001
        run(path, f"DELETE FROM events WHERE room = '{room}'")
        run(path, f"DELETE FROM rooms WHERE room = '{room}'")
    [(before,)] = run(path, "SELECT epoch FROM meta")
    store = SqliteStore(path)
    opened = await store.open(WALL, 0.0, 7 * 86400.0)
    assert opened.epoch == before
    assert (await store.page("strasse", 0, 0, 100)).head == 3
    await store.close()


@given(st.sets(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64)))
def test_rooms_of_any_name_get_a_present_name(rooms: set[str]) -> None:
    rooms = {room for room in rooms if not room.isascii()} | {"ß" * 64, "Straße", "ſ" * 3}  # noqa: RUF001
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.create_function("said_key", 3, said_key, deterministic=True)
        connection.executescript(TABLES)
        connection.executemany("INSERT INTO rooms VALUES (?, 'public', '')", [(r,) for r in rooms])
        rekey(connection)
        names = [room for (room,) in connection.execute("SELECT room FROM rooms")]
    assert len(names) == len(rooms)
    assert all(room_key(name) == name != SYSTEM for name in names)
