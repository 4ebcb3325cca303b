"""broker/store/{sqlite,schema,reads,writes}.py: a store has what was written, and only that.

That is broker/store/schema.py, broker/store/reads.py, broker/store/writes.py and
broker/store/connections.py.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.effects import (
    CHANGED_LATELY_S,
    Append,
    BlankText,
    DropSession,
    IdentityFact,
    Need,
    NeedEvent,
    NeedIdentity,
    NeedNamed,
    NeedRoom,
    NeedSaid,
    PutIdentity,
    PutRoom,
    PutSession,
    RoomFact,
    SaidFact,
    Snapshot,
)
from broker.store.base import CommitRefused, StoreError
from broker.store.sqlite import PURGE_AT_ONCE, SqliteStore, store_at
from common.messages import Event

WALL = 1_800_000_000.25
WEEK = 7 * 86400.0
LOBBY = PutRoom("lobby", "public")


def said(seq: int, text: str = "hi", id: str = "", **more: object) -> Append:
    return Append(
        "lobby",
        Event(seq, "message", "ann", WALL + seq, text, "u1", id or f"id{seq}", **more),  # type: ignore[arg-type]
    )


async def opened(store: SqliteStore, wall: float = WALL, seen_after: float = 0.0) -> Snapshot:
    return await store.open(wall, seen_after, WEEK)


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqliteStore]:
    made = SqliteStore(tmp_path / "hubbub.db" if request.param == "sqlite" else None)
    await opened(made)
    await made.commit([LOBBY], WALL)
    yield made
    await made.close()


# --- events --------------------------------------------------------------------------------------


async def test_a_committed_event_is_read_again_exactly(store: SqliteStore) -> None:
    appends = [
        said(1, "text"),
        Append("lobby", Event(2, "rename", "Ann", 1.1, "ann", "u1")),
        said(3, "", ref=1, rev=2),
        Append("lobby", Event(4, "join", "bob", 1.1e9)),
    ]
    await store.commit(appends, WALL)
    page = await store.page("lobby", None, 0, 10)
    assert page.events == [append.event for append in appends]
    assert (page.head, page.more) == (4, False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(), st.floats(0, 1e12))
async def test_any_text_and_time_comes_back_exactly(text: str, timestamp: float) -> None:
    store = SqliteStore(None)
    await opened(store)
    event = Event(1, "message", "ann", timestamp, text, "u1", "x")
    await store.commit([LOBBY, Append("lobby", event)], WALL)
    assert (await store.page("lobby", None, 0, 1)).events == [event]
    await store.close()


@pytest.mark.parametrize("count", [1, 3, 4, 17, 1023, 1024, 2500])
async def test_batches_of_every_size_arrive_whole(store: SqliteStore, count: int) -> None:
    await store.commit([said(n) for n in range(1, count + 1)], WALL)
    (fact,) = await store.learn([NeedRoom("lobby")])
    assert isinstance(fact, RoomFact)
    assert fact.head == count
    got = await store.page("lobby", count - 1, 0, 10)
    assert [event.seq for event in got.events] == [count]


async def test_pages_have_exclusive_bounds_and_say_if_there_is_more(store: SqliteStore) -> None:
    await store.commit([said(n) for n in range(1, 11)], WALL)

    async def seqs(after: int | None, before: int, limit: int) -> tuple[list[int], bool]:
        page = await store.page("lobby", after, before, limit)
        return [event.seq for event in page.events], page.more

    assert await seqs(None, 0, 3) == ([8, 9, 10], True)
    assert await seqs(None, 0, 10) == (list(range(1, 11)), False)
    assert await seqs(None, 4, 5) == ([1, 2, 3], False)
    assert await seqs(None, 4, 2) == ([2, 3], True)
    assert await seqs(7, 0, 10) == ([8, 9, 10], False)
    assert await seqs(7, 0, 2) == ([8, 9], True)
    assert await seqs(2, 5, 10) == ([3, 4], False)
    assert await seqs(0, 0, 1) == ([1], True)
    assert await seqs(10, 0, 5) == ([], False)
    assert await store.page("nowhere", None, 0, 5) == await store.page("nowhere", 3, 0, 5)


async def test_a_page_is_cut_to_its_bytes(store: SqliteStore) -> None:
    await store.commit([said(n, "ß" * 100_000) for n in range(1, 21)], WALL)
    newest = await store.page("lobby", None, 0, 20)
    assert 1 <= len(newest.events) <= 5
    assert newest.events[-1].seq == 20
    assert newest.more
    first = await store.page("lobby", 0, 0, 20)
    assert first.events[0].seq == 1
    assert first.more


async def test_a_blanked_message_has_no_text(store: SqliteStore) -> None:
    await store.commit([said(1, "shame")], WALL)
    delete = Append("lobby", Event(2, "delete", "system", WALL, ref=1))
    await store.commit([delete, BlankText("lobby", 1, 2)], WALL)
    assert await store.learn([NeedEvent("lobby", 1), NeedEvent("lobby", 9)]) == [
        Event(1, "message", "ann", WALL + 1, "", "u1", "id1", rev=2),
        None,
    ]


async def test_unread_counts_messages_of_others(store: SqliteStore) -> None:
    await store.commit([said(n) for n in range(1, 6)], WALL)
    await store.commit([Append("lobby", Event(6, "join", "cas", WALL, uid="u3"))], WALL)
    assert await store.unread("lobby", "u2") == 5
    assert await store.unread("lobby", "u1") == 0
    await store.commit([said(n) for n in range(7, 1500)], WALL)
    assert await store.unread("lobby", "u2") == 1000


# --- repeats -------------------------------------------------------------------------------------


async def test_an_id_is_known_by_room_and_person(store: SqliteStore) -> None:
    await store.commit([said(1, id="a"), PutRoom("b", "public")], WALL)
    assert await store.learn(
        [
            NeedSaid("lobby", "u1", "a"),
            NeedSaid("lobby", "u2", "a"),
            NeedSaid("b", "u1", "a"),
            NeedSaid("lobby", "u1", "b"),
        ]
    ) == [SaidFact(1, WALL + 1), None, None, None]


async def test_ids_are_deleted_after_the_retry_window_a_few_at_a_time(store: SqliteStore) -> None:
    old = PURGE_AT_ONCE * 2
    await store.commit([said(n) for n in range(1, old + 1)], WALL)

    async def known() -> int:
        needs = [NeedSaid("lobby", "u1", f"id{n}") for n in range(1, old + 1)]
        return sum(fact is not None for fact in await store.learn(needs))

    assert await known() == old
    later = WALL + WEEK + old + 1
    left = []
    for _ in range(3):
        await store.commit([PutIdentity("u1", "ann")], later)
        left.append(await known())
    assert left[0] >= old - PURGE_AT_ONCE - 1 > left[1]
    assert left[2] == 0
    await store.commit([said(old + 1, id="id1")], later)
    assert await store.learn([NeedSaid("lobby", "u1", "id1")]) == [
        SaidFact(old + 1, WALL + old + 1)
    ]


# --- people, rooms, sessions ---------------------------------------------------------------------


async def test_people_are_known_with_their_private_rooms(store: SqliteStore) -> None:
    await store.commit(
        [
            PutIdentity("u1", "Ann"),
            PutIdentity("u2", "bob", banned=True, seen=5.5),
            PutRoom("@x", "direct", ("u1", "u2")),
            PutRoom("@y", "private", ("u1",), "Us"),
            Append("@x", Event(1, "message", "Ann", WALL, "psst", "u1", "i")),
        ],
        WALL,
    )
    assert await store.learn(
        [
            NeedIdentity("u2"),
            NeedRoom("@y"),
            NeedIdentity("u1"),
            NeedIdentity("nobody"),
            NeedRoom("@x"),
            NeedRoom("@z"),
            NeedIdentity("u1"),
        ]
    ) == [
        IdentityFact("u2", "bob", False, True, 5.5, {"@x": 1}, frozenset({"@x"})),
        RoomFact("@y", "private", 0, ("u1",), "Us"),
        IdentityFact("u1", "Ann", False, False, 0.0, {"@x": 1, "@y": 0}, frozenset({"@x", "@y"})),
        None,
        RoomFact("@x", "direct", 1, ("u1", "u2")),
        None,
        IdentityFact("u1", "Ann", False, False, 0.0, {"@x": 1, "@y": 0}, frozenset({"@x", "@y"})),
    ]


async def test_a_name_finds_the_newest_people_who_have_it(store: SqliteStore) -> None:
    people = [PutIdentity(f"u{n}", "ANN" if n % 2 else "ann", seen=float(n)) for n in range(1, 16)]
    await store.commit([*people, PutIdentity("here", "Ann")], WALL)
    assert await store.learn([NeedNamed("ann"), NeedNamed("bob")]) == [
        ("here", *(f"u{n}" for n in range(15, 6, -1))),
        (),
    ]


async def test_plain_people_who_have_left_are_not_kept(store: SqliteStore) -> None:
    await store.commit([PutIdentity("p", "ann", plain=True)], WALL)
    await store.commit([PutIdentity("q", "bob", plain=True, banned=True, seen=3.0)], WALL)
    assert None not in await store.learn([NeedIdentity("p"), NeedIdentity("q")])
    await store.commit([PutIdentity("p", "ann", plain=True, seen=3.0)], WALL)
    facts = await store.learn([NeedIdentity("p"), NeedIdentity("q")])
    assert [fact is None for fact in facts] == [True, False]


async def test_of_two_writes_to_one_row_the_later_one_counts(store: SqliteStore) -> None:
    first = PutSession("g", "s", "u1", False, {"lobby": 1})
    again = PutSession("g", "s", "u1", False, {"lobby": 1, "b": 0})
    other = PutSession("g2", "s", "u2", True, {})
    await store.commit([first, DropSession("g", "s"), again, other, DropSession("g2", "s")], WALL)
    assert (await store.state(0.0)).sessions == [again]
    await store.commit([DropSession("g", "nobody"), DropSession("g", "s")], WALL)
    assert (await store.state(0.0)).sessions == []


async def test_the_state_has_only_people_who_are_here_and_their_rooms(store: SqliteStore) -> None:
    session = PutSession("g", "s", "u1", False, {"lobby": 1})
    await store.commit(
        [
            PutRoom("empty", "public"),
            PutRoom("system", "public"),
            PutIdentity("u1", "ann"),
            PutIdentity("u2", "bob", seen=WALL - 700),
            PutIdentity("u3", "cas", seen=WALL - 500),
            session,
        ],
        WALL,
    )
    state = await store.state(WALL - 600)
    assert state.sessions == [session]
    assert {identity.uid for identity in state.identities} == {"u1", "u3"}
    assert {room.room for room in state.rooms} == {"lobby", "system"}


async def test_the_state_names_the_rooms_with_recent_joins_and_leaves(store: SqliteStore) -> None:
    """Recent means before the newest event: time in which the broker was down does not count."""
    rooms = ["old", "joined", "left", "renamed", "talked"]
    events = [
        Append("old", Event(1, "join", "ann", WALL - CHANGED_LATELY_S - 1, "", "u1")),
        Append("joined", Event(1, "join", "ann", WALL - CHANGED_LATELY_S + 1, "", "u1")),
        Append("left", Event(1, "leave", "ann", WALL - 1, "", "u1")),
        Append("renamed", Event(1, "rename", "bob", WALL - 1, "ann", "u1")),
        Append("talked", Event(1, "message", "ann", WALL - 1, "hi", "u1", "x")),
        Append("talked", Event(2, "message", "ann", WALL, "hi", "u1", "y")),
    ]
    assert (await store.state(0.0)).changed_lately == []
    await store.commit([*(PutRoom(room, "public") for room in rooms), *events], WALL + 900)
    assert sorted((await store.state(0.0)).changed_lately) == ["joined", "left", "renamed"]


async def test_each_state_has_a_greater_term(store: SqliteStore) -> None:
    first, second = await store.state(0.0), await store.state(0.0)
    assert first.term < second.term
    assert (first.epoch, first.secret) == (second.epoch, second.secret)
    assert len(first.secret) == 32


# --- failures ------------------------------------------------------------------------------------


async def test_a_batch_is_written_whole_or_not_at_all(store: SqliteStore) -> None:
    await store.commit([said(1)], WALL)
    for wrong in (said(1, id="again"), Append("nowhere", Event(1, "join", "ann", WALL))):
        with pytest.raises(CommitRefused):
            await store.commit([said(2), wrong], WALL)
    assert (await store.page("lobby", None, 0, 10)).head == 1
    assert await store.learn([NeedSaid("lobby", "u1", "id2")]) == [None]
    await store.commit([said(2)], WALL)
    assert (await store.page("lobby", None, 0, 10)).head == 2


async def test_a_full_disk_refuses_commits_until_there_is_room(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "hubbub.db")
    await opened(store)
    await store.commit([LOBBY], WALL)
    await limit_pages(store, "page_count")
    with pytest.raises(CommitRefused, match="full"):
        await store.commit([said(n, "x" * 1000) for n in range(1, 100)], WALL)
    with pytest.raises(CommitRefused):
        await store.probe()
    assert (await store.state(0.0)).term > 0
    assert (await store.page("lobby", None, 0, 10)).head == 0
    await limit_pages(store, "1000000")
    await store.probe()
    await store.commit([said(n, "x" * 1000) for n in range(1, 100)], WALL)
    assert (await store.page("lobby", None, 0, 10)).head == 99
    await store.close()


async def limit_pages(store: SqliteStore, limit: str) -> None:
    """Limits the pages of the database, so that SQLite finds the disk full."""

    def work() -> None:
        writer = store._files.writer
        if limit == "page_count":
            (count,) = writer.execute("PRAGMA page_count").fetchone()
        else:
            count = limit
        writer.execute(f"PRAGMA max_page_count = {count}")

    await store._writing.do(work)


async def test_commits_are_in_call_order(store: SqliteStore) -> None:
    async with asyncio.TaskGroup() as tasks:
        for seq in range(1, 51):
            tasks.create_task(store.commit([said(seq)], WALL))
    page = await store.page("lobby", 0, 0, 100)
    assert [event.seq for event in page.events] == list(range(1, 51))


# --- the file ------------------------------------------------------------------------------------


async def test_a_store_outlives_its_broker(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "hubbub.db"
    store = SqliteStore(path)
    first = await opened(store)
    await store.commit([LOBBY, said(1)], WALL)
    await store.close()
    store = SqliteStore(path)
    second = await opened(store)
    assert (second.epoch, second.secret) == (first.epoch, first.secret)
    assert first.term == int(WALL * 1000) < second.term
    assert (await store.page("lobby", None, 0, 10)).events == [said(1).event]
    await store.close()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_clock_that_was_set_back_does_not_set_back_the_term(tmp_path: Path) -> None:
    path = tmp_path / "hubbub.db"
    terms = []
    for wall in (WALL, 5.0, WALL + 10):
        store = SqliteStore(path)
        terms.append((await opened(store, wall)).term)
        await store.close()
    assert terms == [int(WALL * 1000), int(WALL * 1000) + 1, int((WALL + 10) * 1000)]


async def test_only_one_broker_has_a_store(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "hubbub.db")
    await opened(store)
    (tmp_path / "link.db").symlink_to(tmp_path / "hubbub.db")
    for path in (tmp_path / "hubbub.db", tmp_path / "link.db"):
        second = store_at(f"sqlite:{path}")
        with pytest.raises(StoreError, match="another process has it"):
            await second.open(WALL, 0.0, WEEK)
    await store.close()
    third = SqliteStore(tmp_path / "hubbub.db")
    await opened(third)
    await third.close()


VERSION_1 = """
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL,
    term INTEGER NOT NULL, secret BLOB NOT NULL) STRICT;
CREATE TABLE rooms (room TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL,
    head INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE members (uid TEXT, room TEXT, PRIMARY KEY (uid, room)) STRICT, WITHOUT ROWID;
CREATE INDEX members_of_room ON members (room, uid);
CREATE TABLE events (room TEXT, seq INTEGER, kind TEXT NOT NULL, uid TEXT NOT NULL,
    timestamp REAL NOT NULL, ref INTEGER NOT NULL, rev INTEGER NOT NULL, user TEXT NOT NULL,
    id TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (room, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE said (place INTEGER PRIMARY KEY, room TEXT NOT NULL, uid TEXT NOT NULL,
    id TEXT NOT NULL, seq INTEGER NOT NULL, timestamp REAL NOT NULL,
    UNIQUE (room, uid, id)) STRICT;
CREATE TABLE identities (uid TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL,
    plain INTEGER NOT NULL, banned INTEGER NOT NULL, seen REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_key ON identities (key, seen);
CREATE INDEX identities_by_seen ON identities (seen);
CREATE TABLE sessions (place INTEGER PRIMARY KEY, gateway TEXT NOT NULL, sid TEXT NOT NULL,
    uid TEXT NOT NULL, plain INTEGER NOT NULL, rooms BLOB NOT NULL, UNIQUE (gateway, sid)) STRICT;
CREATE TABLE filler (one INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
PRAGMA application_id = 1213547074;
PRAGMA user_version = 1;
INSERT INTO meta VALUES (1, 'b6XyR0', 7, x'00');
INSERT INTO rooms VALUES ('lobby', 'public', '', 3), ('@x', 'direct', '', 0);
INSERT INTO members VALUES ('u1', '@x'), ('u2', '@x');
INSERT INTO events VALUES ('lobby', 1, 'join', 'u1', 1800000000.25, 0, 0, 'ann', '', ''),
    ('lobby', 2, 'message', 'u1', 1800000002.25, 0, 0, 'ann', 'id2', 'hi'),
    ('lobby', 3, 'message', 'u1', 1800000003.25, 0, 0, 'ann', 'old', 'hi');
INSERT INTO said VALUES (1, 'lobby', 'u1', 'id2', 2, 1800000002.25);
"""


async def test_a_store_of_version_1_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "hubbub.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1)
    for _ in range(2):
        store = SqliteStore(path)
        assert (await opened(store)).epoch == "b6XyR0"
        page = await store.page("lobby", 0, 0, 10)
        assert (page.head, page.events[1]) == (3, said(2).event)
        needs: list[Need] = [NeedRoom("lobby"), NeedRoom("@x"), NeedSaid("lobby", "u1", "old")]
        assert await store.learn([*needs, NeedSaid("lobby", "u1", "id2")]) == [
            RoomFact("lobby", "public", 3),
            RoomFact("@x", "direct", 0, ("u1", "u2"), unlisted=("u1", "u2")),
            None,
            SaidFact(2, WALL + 2),
        ]
        await store.close()


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA application_id = 1213547074; PRAGMA user_version = 99;")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_text("not a database, but long enough " * 40), "not an SQLite"),
        (foreign, "another program"),
        (newer, "version 99"),
        (Path.mkdir, "cannot be opened"),
    ],
)
async def test_a_file_that_is_not_our_store_is_left_as_it_is(
    tmp_path: Path, make: object, message: str
) -> None:
    path = tmp_path / "hubbub.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(StoreError, match=message) as caught:
        await opened(SqliteStore(path))
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert before == (path.read_bytes() if path.is_file() else b"")


async def test_a_bad_store_address_is_refused() -> None:
    for address in ("", "sqlite:", "postgresql://x", "memory:x", "hubbub.db"):
        with pytest.raises(StoreError, match="HUBBUB_STORE"):
            store_at(address)


async def test_people_and_rooms_that_are_not_in_use_are_not_read_at_the_start(
    tmp_path: Path,
) -> None:
    path = tmp_path / "hubbub.db"
    store = SqliteStore(path)
    await opened(store)
    for start in range(0, 20_000, 5_000):
        batch = range(start, start + 5_000)
        await store.commit([PutRoom(f"r{n}", "public") for n in batch], WALL)
        await store.commit([PutIdentity(f"u{n}", f"n{n}", seen=5.0) for n in batch], WALL)
    await store.close()
    store = SqliteStore(path)
    state = await opened(store, seen_after=WALL - 600)
    assert (state.sessions, state.identities, state.rooms) == ([], [], [])
    await store.close()
