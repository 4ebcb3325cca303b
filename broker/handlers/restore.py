"""Restore: the state after a start, as the store has it."""

from broker.effects import Snapshot
from broker.model.directory import Directory
from broker.model.state import State
from common.names import is_private


def restore(state: State, opened: Snapshot, now: float) -> float:
    """Puts every session back into the rooms that it was in; nothing is published.

    Returns until when presence is paused: the gateways that were known before have one lease time
    to connect and to register their people."""
    directory, rooms = state.directory, state.rooms
    for room_fact in opened.rooms:
        rooms.load(room_fact, now)
    for identity_fact in opened.identities:
        directory.load(identity_fact, now)
    for row in opened.sessions:
        person = directory.people.get(row.uid)
        if person is None:
            continue
        gateway = directory.gateways.get_or_add(row.gateway, now)
        session = directory.connect(gateway, row.sid, person, row.plain)
        for name, head in row.rooms.items():
            room = rooms.get(name)
            if room is None or (is_private(name) and person.uid not in room.members):
                continue
            if directory.enter_room(session, person, name, head):
                room.restore_participant(person.uid, person.name)
    _hold_names(directory, opened, now)
    changed_lately = set(opened.changed_lately)
    for room_fact in opened.rooms:
        room = rooms.get(room_fact.room)
        if room is not None:
            room.restored(now if room.count and room.name in changed_lately else None)
            rooms.on_count_change(room, 0, now)
            rooms.touch(room, now)
    return now + state.settings.lease if opened.sessions else now


def _hold_names(directory: Directory, opened: Snapshot, now: float) -> None:
    """Holds the names of people who left lately. If several had one name, the last one to leave
    keeps it."""
    for fact in sorted(opened.identities, key=lambda fact: fact.seen):
        person = directory.people.get(fact.uid)
        if person is not None and not person.sessions and not person.plain:
            directory.hold_name(person, now)
