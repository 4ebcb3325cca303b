"""Telling: presence of a room goes out, and whoever waits for its names is answered. Pure."""

from broker.effects import Effect, Publish, Send
from broker.model.presence import GATHER_S
from broker.model.room import Room
from broker.model.state import Moment, State
from common.errors import Refused
from common.messages import GetParticipants, Listed, Presence, presence_topic

WAITING = 1000
"""So many wait for the names of one room."""


def presence(state: State, room: Room, at: Moment, out: list[Effect]) -> None:
    """Publishes the change that is due, if there is one. Who waits is answered as soon as the names
    are those of what is published."""
    change = room.presence.take(room.count, at.now)
    if change is not None:
        told = Presence(
            term=state.term,
            room=room.name,
            since=change.since,
            version=change.version,
            count=change.count,
            joined=list(change.joined),
            left=list(change.left),
        )
        out.append(Publish(presence_topic(room.name), told))
    if room.waiting and room.presence.current:
        _answer_all(state, room, out)


def names(
    state: State, room: Room, peer: bytes, command: GetParticipants, at: Moment, out: list[Effect]
) -> None:
    """Answers with a page of a public room's names; later, if names are gathered that may not be
    published yet. In a quiet time nobody waits: everybody else will ask again."""
    if state.presence_paused and not room.presence.current:
        room.presence.invalidate(at.now)
    if room.presence.current:
        return _answer(state, room, peer, command, out)
    if len(room.waiting) >= WAITING:
        raise Refused("rate_limited", "too many ask for these names at once", GATHER_S)
    room.waiting.append((peer, command))
    room.presence.publish_soon(at.now)
    presence(state, room, at, out)
    state.rooms.touch(room, at.now)


def end(state: State, at: Moment, out: list[Effect]) -> None:
    """The broker stops: who waits is answered, though nothing is published any more."""
    for room in state.rooms:
        if room.waiting:
            room.presence.invalidate(at.now)
            _answer_all(state, room, out)


def _answer_all(state: State, room: Room, out: list[Effect]) -> None:
    for peer, command in room.waiting:
        _answer(state, room, peer, command, out)
    room.waiting.clear()


def _answer(
    state: State, room: Room, peer: bytes, command: GetParticipants, out: list[Effect]
) -> None:
    limit = min(command.limit, state.settings.page)
    users, more = room.participants.page(command.after, command.prefix, limit)
    listed = Listed(
        term=state.term,
        no=command.no,
        count=room.count,
        version=room.presence.version,
        users=users,
        more=more,
        crowd=room.crowd.on,
    )
    out.append(Send(peer, listed))
