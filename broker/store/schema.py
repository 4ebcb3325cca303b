"""The tables of a store: makes them in an empty file, and upgrades those of older versions."""

import secrets
import sqlite3
from hashlib import blake2b

from broker.store.rekeying import rekey
from common.store_file import APPLICATION_ID, SCHEMA_VERSION

PAGE_BYTES = 1024
"""Small, because each message writes a whole page of an index."""
CHECKPOINT_PAGES = 16_000
"""Pages in the log before SQLite copies them to the database. With many, a page that changes often
is copied once."""

# Names and ids hold any Unicode but NUL; texts hold any Unicode. Long columns come last: a scan
# that only counts does not read them.
#
# Events are stored in the order of writing (`place`), so that new ones are side by side on the
# disk. Indexes are kept small, because with many rooms each message changes a page of an index,
# and each page is written twice (log and database), 4 KiB each time. So a room's head is not
# stored: it is the Seq of the room's last event. And `said` has no ids of messages but hashes of
# (room, uid, id) with the place of the event, which has the id itself.
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
# The members of rooms that are not in their own lists of rooms. One person may have very many of
# these rows, so they are read by room only.
_UNLISTED = """
CREATE TABLE unlisted (room TEXT, uid TEXT, PRIMARY KEY (room, uid)) STRICT, WITHOUT ROWID;
"""


def make(connection: sqlite3.Connection) -> None:
    """Makes the tables in an empty file, in one transaction."""
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
"""A conversation is in the lists of the people who spoke in it; if nobody did, in no list."""


def upgrade(connection: sqlite3.Connection) -> None:
    """Upgrades a store of an older version to SCHEMA_VERSION, in one transaction."""
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
    """Sets how the writer works. An acked message has to survive a power cut: `synchronous =
    FULL`."""
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")  # counts for a new file only
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Not FAST, which leaves copies of rows behind when SQLite merges pages.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")


def draw_term(connection: sqlite3.Connection, wall: float, after: int = 0) -> int:
    """Returns the next term, which is on disk then. It is greater than all terms before and than
    `after`."""
    (stored,) = connection.execute("SELECT term FROM meta").fetchone()
    term = max(int(stored) + 1, after + 1, int(wall * 1000))
    connection.execute("UPDATE meta SET term = ?", (term,))
    return term


def said_key(room: str, uid: str, id: str) -> int:
    """The key of a message in `said`. Two messages may share a key, so look at the event as
    well."""
    words = f"{room}\0{uid}\0{id}".encode()
    return int.from_bytes(blake2b(words, digest_size=8).digest(), "big", signed=True)


def _run(connection: sqlite3.Connection, statements: str) -> None:
    # Not `executescript`, which would commit.
    for statement in statements.split(";")[:-1]:
        connection.execute(statement)
