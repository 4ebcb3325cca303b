"""Rekeying: gives rooms and people that were stored under older naming rules their present keys."""

import logging
import secrets
import sqlite3
from contextlib import suppress

import msgpack

from common.errors import Refused
from common.names import ROOM_NAME_CHARS, SYSTEM, cut, room_key, user_key

log = logging.getLogger(__name__)
_NOT_ASCII = "*[^ -~]*"  # the keys of ASCII names have never changed
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
    """Renames rooms and updates the keys of people, in the open transaction, in which the SQL
    function `said_key` is defined. People keep their names."""
    connection.create_function("user_key", 1, user_key, deterministic=True)
    connection.execute("UPDATE identities SET key = user_key(name) WHERE key <> user_key(name)")
    moved: dict[str, str] = {}
    has_clash = False
    # If two rooms would get one name, the room with the newest event gets it.
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
            has_clash = True
            log.warning("room %s is renamed to %s, because %s is another room", old, new, wanted)
    if moved:
        old, new = next(iter(moved.items()))
        log.warning(
            "renamed %d rooms by the new naming rules, such as %s to %s", len(moved), old, new
        )
        _move_sessions(connection, moved)
    if has_clash:
        # A client that returns to a room by its old name may get another room, in which its Seq
        # means nothing: with a new epoch every client starts from the newest page.
        connection.execute("UPDATE meta SET epoch = ?", (secrets.token_urlsafe(12),))


def _key(old: str) -> str:
    """The present key of a room; if its name is no longer valid, a key that resembles it."""
    letters = "".join(filter(_is_room_char, old))
    for name in (old, letters, *(cut(letters, chars) for chars in (32, 16, 8))):
        with suppress(Refused):
            return room_key(name)
    return "room"


def _is_room_char(char: str) -> bool:
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
    """Puts the new names of rooms into the sessions that are in them."""
    for place, packed in connection.execute("SELECT place, rooms FROM sessions").fetchall():
        rooms = msgpack.unpackb(packed)
        if not moved.keys().isdisjoint(rooms):
            renamed = {moved.get(room, room): head for room, head in rooms.items()}
            connection.execute(
                "UPDATE sessions SET rooms = ? WHERE place = ?", (msgpack.packb(renamed), place)
            )
