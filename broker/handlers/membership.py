"""Coming and going: joins, leaves, lost connections. Pure.

A person is in a public room as long as one of their sockets is, and here as long as they have one.
"""

from broker.effects import (
    DropSession,
    Effect,
    IdentityFact,
    Need,
    NeedIdentity,
    NeedRoom,
    PutRoom,
    RoomFact,
    Send,
)
from broker.model.directory import session_row
from broker.model.records import Person, Session
from broker.model.room import Room
from broker.model.state import Moment, Requester, State
from broker.model.token_bucket import TokenBucket
from common.errors import Refused
from common.messages import Gone, Join, Joined, Leave
from common.names import LOBBY, SYSTEM, is_private, room_key, user_name

NEW = -1.0
"""Stands where the time of the last leaving is, of somebody who is not stored yet."""


def needs_of_join(state: State, command: Join) -> list[Need]:
    uid = state.directory.uid_of(command.key)
    return state.lacking(NeedIdentity(uid), NeedRoom(_wanted_room(command)))


def join(state: State, peer: bytes, command: Join, at: Moment, out: list[Effect]) -> None:
    directory = state.directory
    gateway = state.gateway(peer, at)
    name = _wanted_room(command)
    uid = directory.uid_of(command.key)
    session = gateway.sessions.get(command.sid)
    if session is not None and session.uid != uid:
        raise Refused("bad_request", "this connection belongs to another token")
    state.require(NeedIdentity(uid), NeedRoom(name))
    person = directory.people.get(uid)
    room = state.rooms.get(name)
    if person is not None and person.banned:
        raise Refused("banned", "you are banned")
    if is_private(name) and (room is None or uid not in room.members):
        raise Refused("no_such_room", "there is no such room")
    if session is not None and name not in session.rooms:
        limit = state.settings.socket_rooms
        if len(session.rooms) >= limit:
            raise Refused("forbidden", f"one connection may be in {limit} rooms at most")
    called = _called(state, person, uid, command.user)
    if person is not None:
        renames = bool(person.sessions) and called != person.name
        _pay(state, person, name, renames, at)

    # Nothing is refused from here on.
    if person is None:
        person = directory.load(IdentityFact(uid, called, command.plain, False, NEW, {}), at.now)
    call(state, person, called, at, out)
    first = session is None or session.unnamed
    if session is None:
        session = directory.connect(gateway, command.sid, person, command.plain)
    if gateway.named is not None:
        gateway.named.add(session.sid)
    directory.mark_found(session)
    session.unnamed = False
    seated = name in session.rooms
    again = directory.confirm(session, name) and seated
    if room is None:
        room = make_room(state, name, at, out)
    if not seated:
        enter_room(state, session, person, room, at, out)
        out.append(session_row(session))
    since = command.since
    missed = room.head - since.seq if since and since.epoch == state.epoch else -1
    joined = Joined(
        term=state.term,
        no=command.no,
        user=person.name,
        uid=uid,
        room=name,
        epoch=state.epoch,
        head=room.head,
        recovered=again or 0 <= missed <= state.settings.recovery_events,
        count=len(room.members) if room.private else room.count,
        version=room.presence.peek(person.name),
        private=dict(person.rooms) if first else {},
        again=again,
    )
    out.append(Send(peer, joined))


def leave(state: State, peer: bytes, command: Leave, at: Moment, out: list[Effect]) -> None:
    session = state.gateway(peer, at).sessions.get(command.sid)
    if session is None:
        raise Refused("not_joined", "you have joined no room")
    person = session.person
    name = state.resolve_room(Requester(session, person), command.room)
    if name in session.rooms:  # a member hears a private room without being in it
        leave_room(state, session, person, name, at, out)
        if name not in person.public_rooms:
            person.moving().leave(name, at.now)
        out.append(session_row(session))
    state.done(peer, command.no, out)


def gone(state: State, peer: bytes, command: Gone, at: Moment, out: list[Effect]) -> None:
    session = state.gateway(peer, at).sessions.get(command.sid)
    if session is not None:
        if command.left:
            rooms = list(session.rooms)
            drop(state, session, at, out)
            for name in rooms:
                if name not in session.person.public_rooms:
                    session.person.moving().leave(name, at.now)
        else:
            mark_lost(state, session, at, out)
    state.done(peer, command.no, out)


def mark_lost(state: State, session: Session, at: Moment, out: list[Effect]) -> None:
    """The connection broke: a plain socket cannot come back, another may."""
    if session.plain:
        drop(state, session, at, out)
    else:
        state.directory.mark_lost(session, at.now)


def drop(state: State, session: Session, at: Moment, out: list[Effect]) -> None:
    """The socket is gone for good."""
    person = session.person
    for name in list(session.rooms):
        leave_room(state, session, person, name, at, out)
    out.append(DropSession(session.gateway.id, session.sid))
    if state.directory.disconnect(session, person, at.now, at.wall):
        out.append(person.row())


def call(state: State, person: Person, called: str, at: Moment, out: list[Effect]) -> None:
    """The person, who is about to have one socket more, is called so from now on."""
    changed = called != person.name
    if changed:
        state.directory.rename(person, called)
        for name in person.public_rooms:
            room = state.rooms.get(name)
            assert room is not None, "a room with somebody in it is known"
            state.log(room, room.rename(person.uid, called, at.now, at.wall), at, out)
    if changed or person.seen:
        person.seen = 0.0
        out.append(person.row())


def enter_room(
    state: State, session: Session, person: Person, room: Room, at: Moment, out: list[Effect]
) -> None:
    """The socket is in the room now; tells it if the person was not."""
    if state.directory.enter_room(session, person, room.name, room.head):
        before = room.count
        state.log(room, room.enter(person.uid, person.name, at.now, at.wall), at, out)
        state.rooms.counted(room, before, at.now)
    session.rooms[room.name] = room.head


def leave_room(
    state: State, session: Session, person: Person, name: str, at: Moment, out: list[Effect]
) -> None:
    """The socket is in the room no more; tells it if the person is not either."""
    if state.directory.leave_room(session, person, name):
        room = state.rooms.get(name)
        assert room is not None, "a room with somebody in it is known"
        before = room.count
        state.log(room, room.exit(person.uid, at.now, at.wall), at, out)
        state.rooms.counted(room, before, at.now)


def make_room(state: State, name: str, at: Moment, out: list[Effect]) -> Room:
    """A new public room."""
    out.append(PutRoom(name, "public"))
    return state.rooms.load(RoomFact(name, "public", 0), at.now)


def _pay(state: State, person: Person, room: str, renames: bool, at: Moment) -> None:
    """Raises Refused("rate_limited") if the person has come to rooms, or changed names, too often
    lately. Somebody who is in the room already, by another socket or since their connection was
    lost, is told to nobody and pays nothing."""
    rate = state.settings.message_rate
    comes = room not in person.public_rooms and not is_private(room)
    cost = renames + (person.moving().cost(room, at.now) if comes else 0)
    if cost:
        spend(state, person, at, cost)
    wait_s = (
        comes and rate and person.moving().enter(room, at.now, rate, state.settings.socket_rooms)
    )
    if wait_s:
        message = "too many rooms at once, wait a little"
        raise Refused("rate_limited", message, round(wait_s + 0.001, 3))


def spend(state: State, person: Person, at: Moment, count: int = 1) -> None:
    """Raises Refused("rate_limited") if the person has said or changed too much lately."""
    rate, burst = state.settings.message_rate, state.settings.message_burst
    if not rate:
        return
    if person.bucket is None:
        person.bucket = TokenBucket(burst, at.now)
    wait_s = person.bucket.take(at.now, rate, burst, count)
    if wait_s:
        raise Refused("rate_limited", "too much at once, wait a little", round(wait_s + 0.001, 3))


def _wanted_room(command: Join) -> str:
    if command.plain:
        return LOBBY
    if is_private(command.room):
        return command.room
    name = room_key(command.room)
    if name == SYSTEM:
        raise Refused("forbidden", "everybody hears the announcements without joining")
    return name


def _called(state: State, person: Person | None, uid: str, user: str | None) -> str:
    names = state.directory.names
    if person is None:
        if user is None:
            raise Refused("bad_name", "say who you are: give a user")
        return names.choose(user_name(user), uid)
    if user is None or user == person.name:  # older rules may have allowed it
        return names.choose(person.name, uid, person.name)
    return names.choose(user_name(user), uid, person.name)
