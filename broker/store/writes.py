"""Writes: executes the writes of a batch with few SQL statements, however many writes there are.

Each statement releases the interpreter's lock and has to wait for it again while the event loop is
busy, so one statement has many rows.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any, assert_never

from msgspec import msgpack

from broker.effects import (
    Append,
    BlankText,
    DropSession,
    PutIdentity,
    PutMember,
    PutRoom,
    PutSession,
    Unlist,
    Write,
)
from broker.store.schema import said_key
from common.names import user_key

_ROWS = (1024, 256, 64, 16, 4, 1)
"""The numbers of rows that one statement may have. There are few of them, so that each statement is
compiled once; 11 columns in 1,024 rows stay below SQLite's limit of 32,766 parameters."""


def apply(connection: sqlite3.Connection, writes: Iterable[Write]) -> bool:
    """Executes the writes in the open transaction; of two writes to one row the later one counts.
    Returns whether a text was blanked, which then has to be erased from the files as well."""
    rooms: dict[str, tuple[Any, ...]] = {}
    lists: dict[tuple[str, str], tuple[bool, float] | None] = {}
    """For each member and private room: (own, since), or None if the room is not in the member's
    list."""
    events: list[tuple[Any, ...]] = []
    said: list[tuple[Any, ...]] = []
    identities: dict[str, tuple[Any, ...]] = {}
    sessions: dict[tuple[str, str], tuple[Any, ...]] = {}
    blanks: list[tuple[int, str, int]] = []
    gone: set[str] = set()
    dropped: set[tuple[str, str]] = set()
    (place,) = connection.execute("SELECT ifnull(max(place), 0) FROM events").fetchone()
    for write in writes:
        match write:
            case Append(room, e):
                place += 1
                order = (place, room, e.seq, e.kind, e.uid, e.timestamp, e.ref, e.rev)
                events.append((*order, e.user, e.id, e.text))
                if e.id:
                    said.append((said_key(room, e.uid, e.id), place))
            case PutRoom(room, kind, uids, title, unlisted):
                rooms[room] = (room, kind, title)
                lists.update(((uid, room), (True, 0.0)) for uid in uids)
                lists.update(((uid, room), None) for uid in unlisted)
            case PutMember(uid, room, own, since):
                lists[uid, room] = (own, since)
            case Unlist(uid, room):
                lists[uid, room] = None
            case PutIdentity(uid, name, plain, banned, seen):
                identities.pop(uid, None)
                # A plain person cannot come back: when they have left, only a ban is kept.
                if plain and seen and not banned:
                    gone.add(uid)
                else:
                    gone.discard(uid)
                    identities[uid] = (uid, name, user_key(name), plain, banned, seen)
            case PutSession(gateway, sid, uid, plain, heads):
                dropped.discard((gateway, sid))
                sessions[gateway, sid] = (gateway, sid, uid, plain, msgpack.encode(heads))
            case DropSession(gateway, sid):
                sessions.pop((gateway, sid), None)
                dropped.add((gateway, sid))
            case BlankText(room, seq, rev):
                blanks.append((rev, room, seq))
            case _:
                assert_never(write)
    _many(
        connection,
        "INSERT INTO rooms VALUES",
        " ON CONFLICT (room) DO UPDATE SET kind = excluded.kind, title = excluded.title",
        list(rooms.values()),
    )
    _put_lists(connection, lists)
    _many(connection, "INSERT INTO events VALUES", "", events)
    _many(connection, "REPLACE INTO said VALUES", "", said)
    _many(connection, "REPLACE INTO identities VALUES", "", list(identities.values()))
    _many(connection, "DELETE FROM identities WHERE uid IN (VALUES", ")", [(u,) for u in gone])
    _many(
        connection,
        "REPLACE INTO sessions (gateway, sid, uid, plain, rooms) VALUES",
        "",
        list(sessions.values()),
    )
    # A join, since `(gateway, sid) IN (VALUES …)` scans the whole table in SQLite 3.40.
    _many(
        connection,
        "DELETE FROM sessions WHERE place IN (SELECT place FROM (VALUES",
        ") AS gone CROSS JOIN sessions ON gateway = gone.column1 AND sid = gone.column2)",
        list(dropped),
    )
    for blank in blanks:
        connection.execute("UPDATE events SET text = '', rev = ? WHERE room = ? AND seq = ?", blank)
    return bool(blanks)


def _put_lists(
    connection: sqlite3.Connection, lists: dict[tuple[str, str], tuple[bool, float] | None]
) -> None:
    listed = [(uid, room, *row) for (uid, room), row in lists.items() if row is not None]
    unlisted = [(room, uid) for (uid, room), row in lists.items() if row is None]
    _many(connection, "REPLACE INTO members VALUES", "", listed)
    _many(connection, "INSERT OR IGNORE INTO unlisted VALUES", "", unlisted)
    for uid, room, *_ in listed:
        connection.execute("DELETE FROM unlisted WHERE room = ? AND uid = ?", (room, uid))
    for room, uid in unlisted:
        connection.execute("DELETE FROM members WHERE uid = ? AND room = ?", (uid, room))


def purge_said(connection: sqlite3.Connection, before: float, limit: int) -> float:
    """Deletes the message ids of up to `limit` events that are older than `before` (wall time).
    Returns the time of the oldest event whose id remains, or infinity if there is none."""
    oldest = connection.execute(
        "SELECT place, timestamp, room, uid, id FROM events"
        " WHERE place > (SELECT forgotten FROM meta) ORDER BY place LIMIT ?",
        (limit,),
    ).fetchall()
    due = 0
    while due < len(oldest) and oldest[due][1] < before:
        due += 1
    if due:
        keys = [(said_key(room, uid, id), place) for place, _, room, uid, id in oldest[:due] if id]
        # The same id may have been used again since, for an event at another place.
        _many(
            connection,
            "DELETE FROM said WHERE key IN (SELECT said.key FROM (VALUES",
            ") AS gone CROSS JOIN said ON key = gone.column1 AND place = gone.column2)",
            keys,
        )
        connection.execute("UPDATE meta SET forgotten = ?", (oldest[due - 1][0],))
    return float(oldest[due][1]) if due < len(oldest) else before if due else float("inf")


def _many(
    connection: sqlite3.Connection, head: str, tail: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Executes `head (?, …), (?, …) tail` for all rows."""
    start = 0
    for size in _ROWS:
        while len(rows) - start >= size:
            chunk = rows[start : start + size]
            sql = _statement(head, tail, len(chunk[0]), size)
            connection.execute(sql, tuple(chain.from_iterable(chunk)))
            start += size


@cache  # a handful of statements in the sizes of _ROWS
def _statement(head: str, tail: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"{head} {', '.join([row] * rows)}{tail}"
