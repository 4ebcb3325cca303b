"""Rekeying: rooms and people that were stored by older rules of names get the keys of today."""

import logging
import secrets
import sqlite3
from contextlib import suppress

import msgpack

from common.errors import Refused
from common.names import ROOM_NAME_CHARS, SYSTEM, cut, room_key, user_key

log = logging.getLogger(__name__)
_NOT_ASCII = "*[^ -~]*"  # the key of other names is as it was
_MOVES = (
    "INSERT INTO rooms SELECT :new, kind, title FROM rooms WHERE room = :old",
    "DELETE FROM said WHERE key IN"
    " (SELECT said_key(room, uid, id) FROM events WHERE room = :old AND id <> '')",
    "UPDATE events SET room = :new WHERE room = :old",
    "INSERT OR REPLACE INTO said SELECT said_key(room, uid, id), place FROM events"
    " WHERE room = :new AND id <> '' AND place > (SELECT forgotten FROM meta)",
    "DELETE FROM rooms WHERE room = :old",
)


def rekey(connection: sqlite3.Connection) -> None:
    """In the open transaction; `said_key` is known to it. People keep the names they have."""
    connection.create_function("user_key", 1, user_key, deterministic=True)
    connection.execute("UPDATE identities SET key = user_key(name) WHERE key <> user_key(name)")
    moved: dict[str, str] = {}
    crowded = False
    # Of two that want one name the room that was spoken in last gets it.
    for (old,) in connection.execute(
        "SELECT room FROM rooms WHERE kind = 'public' AND room GLOB ? ORDER BY"
        " (SELECT max(place) FROM events WHERE events.room = rooms.room) DESC, room",
        (_NOT_ASCII,),
    ).fetchall():
        wanted = _key(old)
        if wanted == old:
            continue
        new = _free(connection, wanted)
        for move in _MOVES:
            connection.execute(move, {"old": old, "new": new})
        moved[old] = new
        if new != wanted:
            crowded = True
            log.warning("room %s is called %s from now on: %s is another room", old, new, wanted)
    if moved:
        old, new = next(iter(moved.items()))
        log.warning("%d rooms are spelt otherwise now: %s is %s, and so on", len(moved), old, new)
        _move_sessions(connection, moved)
    if crowded:
        # Who comes back to a room by its old name may be led to another one: nobody goes on by Seq.
        connection.execute("UPDATE meta SET epoch = ?", (secrets.token_urlsafe(12),))


def _key(old: str) -> str:
    """Today's key of a room, or for what is no name any more something near it."""
    letters = "".join(filter(_is_room, old))
    for name in (old, letters, *(cut(letters, chars) for chars in (32, 16, 8))):
        with suppress(Refused):
            return room_key(name)
    return "room"


def _is_room(char: str) -> bool:
    try:
        return bool(room_key(char))
    except Refused:
        return False


def _free(connection: sqlite3.Connection, wanted: str) -> str:
    name, number = wanted, 1
    while name == SYSTEM or _exists(connection, name):
        number += 1
        suffix = f"-{number}"
        name = cut(wanted, ROOM_NAME_CHARS - len(suffix)) + suffix
    return name


def _exists(connection: sqlite3.Connection, room: str) -> bool:
    found = connection.execute("SELECT 1 FROM rooms WHERE room = ?", (room,)).fetchone()
    return found is not None


def _move_sessions(connection: sqlite3.Connection, moved: dict[str, str]) -> None:
    """Who is in a room that moves goes with it."""
    for place, seats in connection.execute("SELECT place, rooms FROM sessions").fetchall():
        rooms = msgpack.unpackb(seats)
        if not moved.keys().isdisjoint(rooms):
            seated = {moved.get(room, room): head for room, head in rooms.items()}
            connection.execute(
                "UPDATE sessions SET rooms = ? WHERE place = ?", (msgpack.packb(seated), place)
            )
