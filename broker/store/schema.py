"""The tables, and making them: a store is made whole or not at all."""

import secrets
import sqlite3

from common.store_file import APPLICATION_ID, SCHEMA_VERSION

# Names and ids hold any Unicode but NUL; text holds anything. Long columns come last: a scan that
# only counts does not read them.
_TABLES = """
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
"""


def make(connection: sqlite3.Connection) -> None:
    """Fills an empty file, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in _TABLES.split(";")[:-1]:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO meta VALUES (1, ?, 0, ?)", (secrets.token_urlsafe(12), secrets.token_bytes(32))
    )
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def prepare(connection: sqlite3.Connection) -> None:
    """How the writer works: an ack means that it outlives a power cut, so FULL."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    connection.execute("PRAGMA cache_size = -32768")


def draw_term(connection: sqlite3.Connection, wall: float, after: int = 0) -> int:
    """The next term, greater than every one before and than `after`; on disk on return."""
    (stored,) = connection.execute("SELECT term FROM meta").fetchone()
    term = max(int(stored) + 1, after + 1, int(wall * 1000))
    connection.execute("UPDATE meta SET term = ?", (term,))
    return term
