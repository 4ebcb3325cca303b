"""Presence: changes are published when due, and requests for a room's names are answered."""

from broker.handlers.call import Call, Update
from broker.model.presence import GATHER_S
from broker.model.room import Room
from common.errors import Refused
from common.messages import GetParticipants, Listed, Presence, presence_topic

WAITING = 1000
"""The most requests for the names of one room that may wait at a time."""


def publish(update: Update, room: Room) -> None:
    """Publishes the room's change if one is due. Requests that wait are answered as soon as the
    names are those of the version that clients have."""
    change = room.presence.take(room.count, update.now)
    if change is not None:
        presence = Presence(
            term=update.state.term,
            room=room.name,
            since=change.since,
            version=change.version,
            count=change.count,
            joined=list(change.joined),
            left=list(change.left),
        )
        update.publish(presence_topic(room.name), presence)
    if room.waiting and room.presence.is_current:
        _answer_all(update, room)


def send_names(call: Call, room: Room, command: GetParticipants) -> None:
    """Answers with a page of a public room's names. If changes are pending, the answer waits until
    they are published. While presence is paused, it does not wait: a version is skipped, so that
    all other clients request the names again."""
    if call.state.presence_paused and not room.presence.is_current:
        room.presence.invalidate(call.now)
    if room.presence.is_current:
        return _answer(call, room, call.peer, command)
    if len(room.waiting) >= WAITING:
        raise Refused("rate_limited", "too many ask for these names at once", GATHER_S)
    room.waiting.append((call.peer, command))
    room.presence.publish_soon(call.now)
    publish(call, room)
    call.state.rooms.touch(room, call.now)


def answer_waiting(update: Update) -> None:
    """The broker stops: all requests that wait are answered, and nothing is published any more."""
    for room in update.state.rooms:
        if room.waiting:
            room.presence.invalidate(update.now)
            _answer_all(update, room)


def _answer_all(update: Update, room: Room) -> None:
    for peer, command in room.waiting:
        _answer(update, room, peer, command)
    room.waiting.clear()


def _answer(update: Update, room: Room, peer: bytes, command: GetParticipants) -> None:
    limit = min(command.limit, update.state.settings.page)
    users, more = room.participants.page(command.after, command.prefix, limit)
    update.answer_to(
        peer,
        command.no,
        Listed,
        count=room.count,
        version=room.presence.version,
        users=users,
        more=more,
        crowd=room.crowd.active,
    )
