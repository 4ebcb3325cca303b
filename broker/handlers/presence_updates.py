"""Telling: presence of a room goes out, and whoever waits for its names is answered. Pure."""

from broker.effects import Effect, Publish, Send
from broker.model.presence import GATHER_S
from broker.model.room import Room
from broker.model.state import Moment, State
from common.errors import Refused
from common.messages import GetParticipants, Listed, Presence, presence_topic

WAITING = 1000
"""So many wait for the names of one room."""


def presence(house: State, room: Room, at: Moment, out: list[Effect]) -> None:
    """Publishes the change that is due, if there is one. Who waits is answered as soon as the names
    are those of what is published."""
    change = room.presence.take(room.count, at.now)
    if change is not None:
        told = Presence(
            term=house.term,
            room=room.name,
            since=change.since,
            version=change.version,
            count=change.count,
            joined=list(change.joined),
            left=list(change.left),
        )
        out.append(Publish(presence_topic(room.name), told))
    if room.waiting and room.presence.current:
        _answer_all(house, room, out)


def names(
    house: State, room: Room, peer: bytes, command: GetParticipants, at: Moment, out: list[Effect]
) -> None:
    """Answers with a page of a public room's names; later, if names are gathered that may not be
    published yet. In a quiet time nobody waits: everybody else will ask again."""
    if house.quiet and not room.presence.current:
        room.presence.leap(at.now)
    if room.presence.current:
        return _answer(house, room, peer, command, out)
    if len(room.waiting) >= WAITING:
        raise Refused("rate_limited", "too many ask for these names at once", GATHER_S)
    room.waiting.append((peer, command))
    room.presence.hurry(at.now)
    presence(house, room, at, out)
    house.rooms.touch(room, at.now)


def end(house: State, at: Moment, out: list[Effect]) -> None:
    """The broker stops: who waits is answered, though nothing is published any more."""
    for room in house.rooms:
        if room.waiting:
            room.presence.leap(at.now)
            _answer_all(house, room, out)


def _answer_all(house: State, room: Room, out: list[Effect]) -> None:
    for peer, command in room.waiting:
        _answer(house, room, peer, command, out)
    room.waiting.clear()


def _answer(
    house: State, room: Room, peer: bytes, command: GetParticipants, out: list[Effect]
) -> None:
    limit = min(command.limit, house.settings.page)
    users, more = room.participants.page(command.after, command.prefix, limit)
    listed = Listed(
        term=house.term,
        no=command.no,
        count=room.count,
        version=room.presence.version,
        users=users,
        more=more,
        crowd=room.crowd.on,
    )
    out.append(Send(peer, listed))
