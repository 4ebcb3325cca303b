"""Reads: the facts, the pages and the state that a broker starts with, from an open connection."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgpack

from broker.effects import (
    CHANGED_LATELY_S,
    Fact,
    IdentityFact,
    Need,
    NeedEvent,
    NeedIdentity,
    NeedNamed,
    NeedRoom,
    NeedSaid,
    PutSession,
    RoomFact,
    SaidFact,
)
from broker.store.base import Page
from broker.store.schema import said_key
from common.codec import PAGE_BYTES
from common.messages import Event
from common.names import SYSTEM

NAMED_UIDS = 10
"""People of one name that are found."""
UNREAD_MESSAGES = 1000
"""Unread messages are counted up to this number."""
UNREAD_EVENTS = 5000
"""The newest events of a room in which unread messages are searched."""
CHANGED_LATELY_EVENTS = 10_000
"""The newest events, of all rooms, in which joins and leaves are searched."""
_AT_ONCE = 1000
_T = TypeVar("_T")
_HEAD = "ifnull((SELECT max(seq) FROM events WHERE events.room = {}.room), 0)"
_EVENT = "seq, kind, user, timestamp, text, uid, id, ref, rev"
_EVENT_BYTES = 600
"""The longest frame of an event without its text."""


def facts(connection: sqlite3.Connection, needs: Sequence[Need]) -> list[Fact]:
    """The fact for each need, in the same order, with one or two statements for each kind."""
    found: dict[Need, Fact] = {}
    for kind, read in _READERS:
        asked = [need for need in dict.fromkeys(needs) if type(need) is kind]
        for chunk in _chunks(asked):
            found.update(read(connection, chunk))
    return [found.get(need, () if isinstance(need, NeedNamed) else None) for need in needs]


def identities(
    connection: sqlite3.Connection, where: str, parameters: Sequence[Any]
) -> list[IdentityFact]:
    """The people whose `uid` meets an SQL condition, with their private rooms. `parameters` are the
    parameters of the condition."""
    people = connection.execute(
        f"SELECT uid, name, plain, banned, seen FROM identities WHERE {where}", parameters
    ).fetchall()
    if not people:
        return []
    rooms: dict[str, dict[str, int]] = {}
    owned: dict[str, set[str]] = {}
    for uid, room, own, head in connection.execute(
        f"SELECT uid, room, own, {_HEAD.format('members')} FROM members WHERE {where}"
        " ORDER BY since",
        parameters,
    ):
        rooms.setdefault(uid, {})[room] = head
        if own:
            owned.setdefault(uid, set()).add(room)
    return [
        IdentityFact(
            uid,
            name,
            bool(plain),
            bool(banned),
            seen,
            rooms.get(uid, {}),
            frozenset(owned.get(uid, ())),
        )
        for uid, name, plain, banned, seen in people
    ]


def rooms(connection: sqlite3.Connection, names: Sequence[str]) -> list[RoomFact]:
    """The facts of these rooms, as far as the rooms exist."""
    found: list[RoomFact] = []
    for chunk in _chunks(names):
        members: dict[str, list[str]] = {}
        for room, uid in connection.execute(
            f"SELECT room, uid FROM members WHERE room IN {_marks(chunk)} ORDER BY uid", chunk
        ):
            members.setdefault(room, []).append(uid)
        unlisted: dict[str, list[str]] = {}
        for room, uid in connection.execute(
            f"SELECT room, uid FROM unlisted WHERE room IN {_marks(chunk)} ORDER BY uid", chunk
        ):
            unlisted.setdefault(room, []).append(uid)
            members.setdefault(room, []).append(uid)
        found += [
            RoomFact(
                room,
                kind,
                head,
                tuple(sorted(members.get(room, ()))),
                title,
                tuple(unlisted.get(room, ())),
            )
            for room, kind, head, title in connection.execute(
                f"SELECT room, kind, {_HEAD.format('rooms')}, title FROM rooms"
                f" WHERE room IN {_marks(chunk)}",
                chunk,
            )
        ]
    return found


def everybody_here(
    connection: sqlite3.Connection, seen_after: float
) -> tuple[list[PutSession], list[IdentityFact], list[RoomFact]]:
    """All sessions; their people and the people who were seen after `seen_after`; and the rooms of
    the sessions, with the room of announcements."""
    sessions = [
        PutSession(gateway, sid, uid, bool(plain), msgpack.unpackb(heads))
        for gateway, sid, uid, plain, heads in connection.execute(
            "SELECT gateway, sid, uid, plain, rooms FROM sessions"
        )
    ]
    people = identities(
        connection,
        "uid IN (SELECT uid FROM sessions UNION SELECT uid FROM identities WHERE seen > ?)",
        (seen_after,),
    )
    names = dict.fromkeys(room for session in sessions for room in session.rooms)
    return sessions, people, rooms(connection, [*dict.fromkeys([*names, SYSTEM])])


def changed_lately(connection: sqlite3.Connection) -> list[str]:
    """See `Snapshot.changed_lately`. Only the newest CHANGED_LATELY_EVENTS events are searched."""
    newest = connection.execute(
        "SELECT room, kind, timestamp FROM events ORDER BY place DESC LIMIT ?",
        (CHANGED_LATELY_EVENTS,),
    ).fetchall()
    since = newest[0][2] - CHANGED_LATELY_S if newest else 0.0
    moves = ("join", "leave", "rename")
    return [*dict.fromkeys(room for room, kind, at in newest if kind in moves and at >= since)]


def page(
    connection: sqlite3.Connection, room: str, after: int | None, before: int, limit: int
) -> Page:
    """See `Store.page`."""
    (head,) = connection.execute(
        "SELECT ifnull(max(seq), 0) FROM events WHERE room = ?", (room,)
    ).fetchone()
    if not head:
        return Page(0, [], False)
    order = "DESC" if after is None else "ASC"
    cursor = connection.execute(
        f"SELECT {_EVENT} FROM events WHERE room = ? AND seq > ? AND seq < ?"
        f" ORDER BY seq {order} LIMIT ?",
        (room, after or 0, before or 1 << 53, limit + 1),
    )
    events: list[Event] = []
    size = 0
    more = False
    for columns in cursor:
        event = Event(*columns)
        size += _EVENT_BYTES + len(event.text.encode())
        if len(events) == limit or (events and size > PAGE_BYTES):
            more = True
            break
        events.append(event)
    cursor.close()
    if after is None:
        events.reverse()
    return Page(head, events, more)


def unread(connection: sqlite3.Connection, room: str, uid: str) -> int:
    """See `Store.unread`. Only the newest UNREAD_EVENTS events are searched."""
    (count,) = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM (SELECT kind, uid FROM events"
        " WHERE room = ? ORDER BY seq DESC LIMIT ?)"
        " WHERE kind = 'message' AND uid <> ? LIMIT ?)",
        (room, UNREAD_EVENTS, uid, UNREAD_MESSAGES),
    ).fetchone()
    return int(count)


_Found = Iterator[tuple[Need, Fact]]


def _rooms(connection: sqlite3.Connection, needs: Sequence[NeedRoom]) -> _Found:
    for fact in rooms(connection, [need.room for need in needs]):
        yield NeedRoom(fact.room), fact


def _identities(connection: sqlite3.Connection, needs: Sequence[NeedIdentity]) -> _Found:
    for fact in identities(connection, f"uid IN {_marks(needs)}", [need.uid for need in needs]):
        yield NeedIdentity(fact.uid), fact


def _named(connection: sqlite3.Connection, needs: Sequence[NeedNamed]) -> _Found:
    for need in needs:
        # `seen` is 0 while a person is here: these come first.
        uids = connection.execute(
            "SELECT * FROM (SELECT uid FROM identities WHERE key = ?1 AND seen = 0 LIMIT ?2)"
            " UNION ALL SELECT * FROM (SELECT uid FROM identities WHERE key = ?1 AND seen > 0"
            " ORDER BY seen DESC LIMIT ?2) LIMIT ?2",
            (need.key, NAMED_UIDS),
        ).fetchall()
        yield need, tuple(uid for (uid,) in uids)


def _said(connection: sqlite3.Connection, needs: Sequence[NeedSaid]) -> _Found:
    keys = [said_key(need.room, need.uid, need.id) for need in needs]
    for room, uid, id, seq, timestamp in connection.execute(
        "SELECT room, uid, id, seq, timestamp FROM said CROSS JOIN events USING (place)"
        f" WHERE key IN {_marks(keys)}",
        keys,
    ):
        yield NeedSaid(room, uid, id), SaidFact(seq, timestamp)


def _events(connection: sqlite3.Connection, needs: Sequence[NeedEvent]) -> _Found:
    for need in needs:
        columns = connection.execute(
            f"SELECT {_EVENT} FROM events WHERE room = ? AND seq = ?", (need.room, need.seq)
        ).fetchone()
        if columns is not None:
            yield need, Event(*columns)


_READERS: tuple[tuple[type[Need], Callable[..., _Found]], ...] = (
    (NeedRoom, _rooms),
    (NeedIdentity, _identities),
    (NeedNamed, _named),
    (NeedSaid, _said),
    (NeedEvent, _events),
)


def _chunks(rows: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]


def _marks(values: Sequence[Any]) -> str:
    return f"({', '.join('?' * len(values))})"
