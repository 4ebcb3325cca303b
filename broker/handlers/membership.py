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


def needs_of_join(house: State, command: Join) -> list[Need]:
    uid = house.directory.uid_of(command.key)
    return house.lacking(NeedIdentity(uid), NeedRoom(_wanted_room(command)))


def join(house: State, peer: bytes, command: Join, at: Moment, out: list[Effect]) -> None:
    directory = house.directory
    gateway = house.gateway(peer, at)
    name = _wanted_room(command)
    uid = directory.uid_of(command.key)
    session = gateway.sessions.get(command.sid)
    if session is not None and session.uid != uid:
        raise Refused("bad_request", "this connection belongs to another token")
    house.require(NeedIdentity(uid), NeedRoom(name))
    person = directory.people.get(uid)
    room = house.rooms.get(name)
    if person is not None and person.banned:
        raise Refused("banned", "you are banned")
    if is_private(name) and (room is None or uid not in room.members):
        raise Refused("no_such_room", "there is no such room")
    if session is not None and name not in session.rooms:
        limit = house.settings.socket_rooms
        if len(session.rooms) >= limit:
            raise Refused("forbidden", f"one connection may be in {limit} rooms at most")
    called = _called(house, person, uid, command.user)
    if person is not None:
        renames = bool(person.sessions) and called != person.name
        _pay(house, person, name, renames, at)

    # Nothing is refused from here on.
    if person is None:
        person = directory.load(IdentityFact(uid, called, command.plain, False, NEW, {}), at.now)
    call(house, person, called, at, out)
    first = session is None or session.unnamed
    if session is None:
        session = directory.sit(gateway, command.sid, person, command.plain)
    if gateway.named is not None:
        gateway.named.add(session.sid)
    directory.find(session)
    session.unnamed = False
    seated = name in session.rooms
    again = directory.trust(session, name) and seated
    if room is None:
        room = make_room(house, name, at, out)
    if not seated:
        take_seat(house, session, person, room, at, out)
        out.append(session_row(session))
    since = command.since
    missed = room.head - since.seq if since and since.epoch == house.epoch else -1
    joined = Joined(
        term=house.term,
        no=command.no,
        user=person.name,
        uid=uid,
        room=name,
        epoch=house.epoch,
        head=room.head,
        recovered=again or 0 <= missed <= house.settings.recovery_events,
        count=len(room.members) if room.private else room.count,
        version=room.presence.peek(person.name),
        private=dict(person.rooms) if first else {},
        again=again,
    )
    out.append(Send(peer, joined))


def leave(house: State, peer: bytes, command: Leave, at: Moment, out: list[Effect]) -> None:
    session = house.gateway(peer, at).sessions.get(command.sid)
    if session is None:
        raise Refused("not_joined", "you have joined no room")
    person = session.person
    name = house.place(Requester(session, person), command.room)
    if name in session.rooms:  # a member hears a private room without being in it
        leave_seat(house, session, person, name, at, out)
        if name not in person.seats:
            person.moving().leave(name, at.now)
        out.append(session_row(session))
    house.done(peer, command.no, out)


def gone(house: State, peer: bytes, command: Gone, at: Moment, out: list[Effect]) -> None:
    session = house.gateway(peer, at).sessions.get(command.sid)
    if session is not None:
        if command.left:
            rooms = list(session.rooms)
            drop(house, session, at, out)
            for name in rooms:
                if name not in session.person.seats:
                    session.person.moving().leave(name, at.now)
        else:
            lose(house, session, at, out)
    house.done(peer, command.no, out)


def lose(house: State, session: Session, at: Moment, out: list[Effect]) -> None:
    """The connection broke: a plain socket cannot come back, another may."""
    if session.plain:
        drop(house, session, at, out)
    else:
        house.directory.lose(session, at.now)


def drop(house: State, session: Session, at: Moment, out: list[Effect]) -> None:
    """The socket is gone for good."""
    person = session.person
    for name in list(session.rooms):
        leave_seat(house, session, person, name, at, out)
    out.append(DropSession(session.gateway.id, session.sid))
    if house.directory.rise(session, person, at.now, at.wall):
        out.append(person.row())


def call(house: State, person: Person, called: str, at: Moment, out: list[Effect]) -> None:
    """The person, who is about to have one socket more, is called so from now on."""
    changed = called != person.name
    if changed:
        house.directory.rename(person, called)
        for name in person.seats:
            room = house.rooms.get(name)
            assert room is not None, "a room with somebody in it is known"
            house.log(room, room.rename(person.uid, called, at.now, at.wall), at, out)
    if changed or person.seen:
        person.seen = 0.0
        out.append(person.row())


def take_seat(
    house: State, session: Session, person: Person, room: Room, at: Moment, out: list[Effect]
) -> None:
    """The socket is in the room now; tells it if the person was not."""
    if house.directory.seat(session, person, room.name, room.head):
        before = room.count
        house.log(room, room.enter(person.uid, person.name, at.now, at.wall), at, out)
        house.rooms.counted(room, before, at.now)
    session.rooms[room.name] = room.head


def leave_seat(
    house: State, session: Session, person: Person, name: str, at: Moment, out: list[Effect]
) -> None:
    """The socket is in the room no more; tells it if the person is not either."""
    if house.directory.unseat(session, person, name):
        room = house.rooms.get(name)
        assert room is not None, "a room with somebody in it is known"
        before = room.count
        house.log(room, room.exit(person.uid, at.now, at.wall), at, out)
        house.rooms.counted(room, before, at.now)


def make_room(house: State, name: str, at: Moment, out: list[Effect]) -> Room:
    """A new public room."""
    out.append(PutRoom(name, "public"))
    return house.rooms.load(RoomFact(name, "public", 0), at.now)


def _pay(house: State, person: Person, room: str, renames: bool, at: Moment) -> None:
    """Raises Refused("rate_limited") if the person has come to rooms, or changed names, too often
    lately. Somebody who is in the room already, by another socket or since their connection was
    lost, is told to nobody and pays nothing."""
    rate = house.settings.message_rate
    comes = room not in person.seats and not is_private(room)
    cost = renames + (person.moving().cost(room, at.now) if comes else 0)
    if cost:
        spend(house, person, at, cost)
    wait_s = (
        comes and rate and person.moving().enter(room, at.now, rate, house.settings.socket_rooms)
    )
    if wait_s:
        message = "too many rooms at once, wait a little"
        raise Refused("rate_limited", message, round(wait_s + 0.001, 3))


def spend(house: State, person: Person, at: Moment, count: int = 1) -> None:
    """Raises Refused("rate_limited") if the person has said or changed too much lately."""
    rate, burst = house.settings.message_rate, house.settings.message_burst
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


def _called(house: State, person: Person | None, uid: str, user: str | None) -> str:
    names = house.directory.names
    if person is None:
        if user is None:
            raise Refused("bad_name", "say who you are: give a user")
        return names.choose(user_name(user), uid)
    if user is None or user == person.name:  # older rules may have allowed it
        return names.choose(person.name, uid, person.name)
    return names.choose(user_name(user), uid, person.name)
