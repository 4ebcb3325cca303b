"""The tables, and making them: a store is made whole or not at all."""

import secrets
import sqlite3
from hashlib import blake2b

from broker.store.rekeying import rekey
from common.store_file import APPLICATION_ID, SCHEMA_VERSION

PAGE_BYTES = 1024
"""Small, since a message's page in an index is written whole."""
CHECKPOINT_PAGES = 16_000
"""Pages in the log before they are copied to the file, many of them once instead of often."""

# Names and ids hold any Unicode but NUL; text holds anything. Long columns come last: a scan that
# only counts does not read them.
#
# What is said all the time is written side by side, and what has to be looked up by room or by id
# is kept small: with many rooms each message touches a page of an index, and a page is 4 KiB on the
# disk, twice. So events are in the order of writing, a room's head is its last event's Seq, and an
# id is the hash of (room, uid, id) with the event's place: the event itself tells if it is that.
_LOG = """
CREATE TABLE events (place INTEGER PRIMARY KEY, room TEXT NOT NULL REFERENCES rooms,
    seq INTEGER NOT NULL, kind TEXT NOT NULL, uid TEXT NOT NULL, timestamp REAL NOT NULL,
    ref INTEGER NOT NULL, rev INTEGER NOT NULL, user TEXT NOT NULL, id TEXT NOT NULL,
    text TEXT NOT NULL, UNIQUE (room, seq)) STRICT;
CREATE TABLE said (key INTEGER PRIMARY KEY, place INTEGER NOT NULL) STRICT;
"""
_TABLES = """
CREATE TABLE meta (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL,
    term INTEGER NOT NULL, secret BLOB NOT NULL, forgotten INTEGER NOT NULL) STRICT;
CREATE TABLE rooms (room TEXT PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE TABLE members (uid TEXT, room TEXT, own INTEGER NOT NULL DEFAULT 1,
    since REAL NOT NULL DEFAULT 0, PRIMARY KEY (uid, room)) STRICT, WITHOUT ROWID;
CREATE INDEX members_of_room ON members (room, uid);
CREATE TABLE identities (uid TEXT PRIMARY KEY, name TEXT NOT NULL, key TEXT NOT NULL,
    plain INTEGER NOT NULL, banned INTEGER NOT NULL, seen REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_key ON identities (key, seen);
CREATE INDEX identities_by_seen ON identities (seen);
CREATE TABLE sessions (place INTEGER PRIMARY KEY, gateway TEXT NOT NULL, sid TEXT NOT NULL,
    uid TEXT NOT NULL, plain INTEGER NOT NULL, rooms BLOB NOT NULL, UNIQUE (gateway, sid)) STRICT;
CREATE TABLE filler (one INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
"""
# Members in whose list of rooms a room is not: they may be very many of one person, and are read
# only with the room.
_UNLISTED = """
CREATE TABLE unlisted (room TEXT, uid TEXT, PRIMARY KEY (room, uid)) STRICT, WITHOUT ROWID;
"""


def make(connection: sqlite3.Connection) -> None:
    """Fills an empty file, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    _run(connection, _TABLES + _UNLISTED + _LOG)
    connection.execute(
        "INSERT INTO meta VALUES (1, ?, 0, ?, 0)",
        (secrets.token_urlsafe(12), secrets.token_bytes(32)),
    )
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


_FROM_1 = f"""
ALTER TABLE events RENAME TO old_events;
ALTER TABLE said RENAME TO old_said;
ALTER TABLE rooms DROP COLUMN head;
ALTER TABLE meta ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
{_LOG}
INSERT INTO events (room, seq, kind, uid, timestamp, ref, rev, user, id, text)
    SELECT room, seq, kind, uid, timestamp, ref, rev, user, id, text FROM old_events
    ORDER BY timestamp, room, seq;
INSERT INTO said SELECT said_key(room, uid, id), events.place
    FROM old_said JOIN events USING (room, seq, uid, id);
DROP TABLE old_events;
DROP TABLE old_said;
"""
_DIRECT = "room IN (SELECT room FROM rooms WHERE kind = 'direct')"
_SILENT = f"{_DIRECT} AND NOT EXISTS (SELECT 1 FROM events WHERE events.room = members.room)"
_FROM_3 = f"""
ALTER TABLE members ADD COLUMN own INTEGER NOT NULL DEFAULT 1;
ALTER TABLE members ADD COLUMN since REAL NOT NULL DEFAULT 0;
{_UNLISTED}
INSERT INTO unlisted SELECT room, uid FROM members WHERE {_SILENT};
DELETE FROM members WHERE {_SILENT};
UPDATE members SET own = 0 WHERE {_DIRECT} AND NOT EXISTS
    (SELECT 1 FROM events WHERE events.room = members.room AND events.uid = members.uid);
"""
"""A conversation belongs to the list of whoever spoke in it; one in which nothing was said, to
none."""


def upgrade(connection: sqlite3.Connection) -> None:
    """Makes a store of an older version one of this, in one transaction."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == SCHEMA_VERSION:
        return
    connection.create_function("said_key", 3, said_key, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    if version < 2:
        _run(connection, _FROM_1)
    if version < 3:
        rekey(connection)
    if version < 4:
        _run(connection, _FROM_3)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def prepare(connection: sqlite3.Connection) -> None:
    """How the writer works: an ack means that it outlives a power cut, so FULL."""
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # of a file yet to be made
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Not FAST, which leaves what was moved when pages are joined.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")


def draw_term(connection: sqlite3.Connection, wall: float, after: int = 0) -> int:
    """The next term, greater than every one before and than `after`; on disk on return."""
    (stored,) = connection.execute("SELECT term FROM meta").fetchone()
    term = max(int(stored) + 1, after + 1, int(wall * 1000))
    connection.execute("UPDATE meta SET term = ?", (term,))
    return term


def said_key(room: str, uid: str, id: str) -> int:
    """What `said` knows a message by; whoever finds one looks at the event, two may share a key."""
    words = f"{room}\0{uid}\0{id}".encode()
    return int.from_bytes(blake2b(words, digest_size=8).digest(), "big", signed=True)


def _run(connection: sqlite3.Connection, statements: str) -> None:
    # one by one: executescript would commit
    for statement in statements.split(";")[:-1]:
        connection.execute(statement)
