"""Membership: joins, leaves, lost connections.

A person is a participant of a public room as long as one of their sessions is in it, and connected
as long as they have a session.
"""

from broker.effects import (
    DropSession,
    IdentityFact,
    Need,
    NeedIdentity,
    NeedRoom,
    PutRoom,
    RoomFact,
)
from broker.handlers.call import Call, Update
from broker.model.records import GatewayState, Person, Session
from broker.model.room import Room
from broker.model.state import State
from broker.model.token_bucket import TokenBucket
from common.errors import Refused
from common.messages import Gone, Join, Joined, Leave
from common.names import LOBBY, SYSTEM, is_private, room_key, user_name

NOT_STORED = -1.0
"""Stands in `Person.seen` for somebody new: like the time of a leave, it makes `call_person` write
the person."""


def needs_of_join(state: State, command: Join) -> list[Need]:
    return _unloaded(state, state.directory.uid_of(command.key), _room_to_join(command))


def join(call: Call, command: Join) -> None:
    """A socket joins a room. Its first join says whose socket it is; a later one may rename that
    person. A join of a room that the socket is in already changes nothing else."""
    state = call.state
    directory = state.directory
    gateway = call.gateway()
    name = _room_to_join(command)
    uid = directory.uid_of(command.key)
    session = gateway.sessions.get(command.sid)
    if session is not None and session.uid != uid:
        raise Refused("bad_request", "this connection belongs to another token")
    person = directory.people.get(uid)
    room = state.rooms.get(name)
    state.require(_unloaded(state, uid, name))
    if person is not None and person.banned:
        raise Refused("banned", "you are banned")
    if is_private(name) and (room is None or uid not in room.members):
        raise Refused("no_such_room", "there is no such room")
    if session is not None:
        _check_room_limit(state, session, name)
    user = _name_for(state, person, uid, command.user)
    if person is not None:
        renames = bool(person.sessions) and user != person.name
        _pay(call, person, name, renames)

    # Nothing is refused from here on.
    if person is None:
        fact = IdentityFact(uid, user, command.plain, False, NOT_STORED, {})
        person = directory.load(fact, call.now)
    call_person(call, person, user)
    first = session is None or session.unnamed
    if session is None:
        session = directory.connect(gateway, command.sid, person, command.plain)
    if gateway.state is GatewayState.REGISTERING:  # no batch names a socket that joins meanwhile
        gateway.named.add(session.sid)
    directory.mark_found(session)
    session.unnamed = False
    was_inside = name in session.rooms
    # The repeat of a join that was not answered finds the socket inside, and the room unconfirmed:
    # it is answered like a first join. A repeat of one that was answered is `again`.
    again = directory.confirm(session, name) and was_inside
    if room is None:
        room = make_room(call, name)
    if not was_inside:
        enter_room(call, session, person, room)
        call.write(session.row())
    since = command.since
    missed = room.head - since.seq if since and since.epoch == state.epoch else -1
    call.answer(
        Joined,
        user=person.name,
        uid=uid,
        room=name,
        epoch=state.epoch,
        head=room.head,
        recovered=again or 0 <= missed <= state.settings.recovery_events,
        count=len(room.members) if room.private else room.count,
        version=room.presence.version_shown_to(person.name),
        private=dict(person.private_rooms) if first else {},
        again=again,
    )


def leave(call: Call, command: Leave) -> None:
    """A socket leaves a room."""
    session = call.gateway().sessions.get(command.sid)
    if session is None:
        raise Refused("not_joined", "you have joined no room")
    person = session.person
    name = call.resolve_room(session, command.room)
    if name in session.rooms:  # a member of a private room may use it without having joined it
        leave_room(call, session, person, name)
        if name not in person.public_rooms:
            person.limiter().on_leave(name, call.now)
        call.write(session.row())
    call.done()


def gone(call: Call, command: Gone) -> None:
    """A socket has disconnected for good, or its connection broke and may come back."""
    session = call.gateway().sessions.get(command.sid)
    if session is not None:
        if command.left:
            rooms = list(session.rooms)
            drop(call, session)
            for name in rooms:
                if name not in session.person.public_rooms:
                    session.person.limiter().on_leave(name, call.now)
        else:
            mark_lost(call, session)
    call.done()


def mark_lost(update: Update, session: Session) -> None:
    """The session's connection broke. A plain socket cannot come back, another one may."""
    if session.plain:
        drop(update, session)
    else:
        update.state.directory.mark_lost(session, update.now)


def drop(update: Update, session: Session) -> None:
    """Ends a session for good: it leaves all its rooms."""
    person = session.person
    for name in list(session.rooms):
        leave_room(update, session, person, name)
    update.write(DropSession(session.gateway.id, session.sid))
    if update.state.directory.disconnect(session, person, update.now, update.wall):
        update.write(person.row())


def call_person(update: Update, person: Person, name: str) -> None:
    """Gives a person this name, in all their rooms. They are about to have one more session, so
    they are connected from now on."""
    state = update.state
    changed = name != person.name
    if changed:
        state.directory.rename(person, name)
        for room_name in person.public_rooms:
            room = state.rooms.get(room_name)
            assert room is not None, "a room with participants is in memory"
            update.append(room, room.rename(person.uid, name, update.now, update.wall))
    if changed or person.seen:
        person.seen = 0.0
        update.write(person.row())


def enter_room(update: Update, session: Session, person: Person, room: Room) -> None:
    """The session enters the room. If the person was not in it, they become a participant."""
    state = update.state
    if state.directory.enter_room(session, person, room.name, room.head):
        before = room.count
        update.append(room, room.enter(person.uid, person.name, update.now, update.wall))
        state.rooms.on_count_change(room, before, update.now)
    session.rooms[room.name] = room.head


def leave_room(update: Update, session: Session, person: Person, name: str) -> None:
    """The session leaves the room. If it was the person's last one in it, they are no longer a
    participant."""
    state = update.state
    if state.directory.leave_room(session, person, name):
        room = state.rooms.get(name)
        assert room is not None, "a room with participants is in memory"
        before = room.count
        update.append(room, room.leave(person.uid, update.now, update.wall))
        state.rooms.on_count_change(room, before, update.now)


def make_room(update: Update, name: str) -> Room:
    """A new public room."""
    update.write(PutRoom(name, "public"))
    return update.state.rooms.load(RoomFact(name, "public", 0), update.now)


def spend(call: Call, person: Person, count: int = 1) -> None:
    """Takes `count` tokens of the person's message limit. Raises Refused if there are fewer."""
    settings = call.state.settings
    rate, burst = settings.message_rate, settings.message_burst
    if not rate:
        return
    if person.bucket is None:
        person.bucket = TokenBucket(burst, call.now)
    wait_s = person.bucket.take(call.now, rate, burst, count)
    if wait_s:
        raise Refused("rate_limited", "too much at once, wait a little", _rounded_up(wait_s))


def _pay(call: Call, person: Person, room: str, renames: bool) -> None:
    """Raises Refused if the person has entered rooms, or changed names, too often lately. Nobody
    else learns of the join of somebody who is in the room already, by another session or since
    their connection was lost: such a join costs nothing."""
    settings = call.state.settings
    rate = settings.message_rate
    enters = room not in person.public_rooms and not is_private(room)
    cost = renames + (person.limiter().cost(room, call.now) if enters else 0)
    if cost:
        spend(call, person, cost)
    if enters and rate:
        wait_s = person.limiter().take(room, call.now, rate, settings.socket_rooms)
        if wait_s:
            message = "too many rooms at once, wait a little"
            raise Refused("rate_limited", message, _rounded_up(wait_s))


def _rounded_up(wait_s: float) -> float:
    """In whole milliseconds, so that a client that waits so long does not come too early."""
    return round(wait_s + 0.001, 3)


def _check_room_limit(state: State, session: Session, room: str) -> None:
    limit = state.settings.socket_rooms
    if room not in session.rooms and len(session.rooms) >= limit:
        raise Refused("forbidden", f"one connection may be in {limit} rooms at most")


def _unloaded(state: State, uid: str, room: str) -> list[Need]:
    """The needs for this person and this room, unless they are in memory."""
    needs: list[Need] = []
    if state.directory.people.get(uid) is None:
        needs.append(NeedIdentity(uid))
    if state.rooms.get(room) is None:
        needs.append(NeedRoom(room))
    return needs


def _room_to_join(command: Join) -> str:
    if command.plain:
        return LOBBY
    if is_private(command.room):
        return command.room
    name = room_key(command.room)
    if name == SYSTEM:
        raise Refused("forbidden", "announcements reach every socket: their room is not joined")
    return name


def _name_for(state: State, person: Person | None, uid: str, user: str | None) -> str:
    """The name that the person has after a join that asks for the name `user`, if for any."""
    names = state.directory.names
    if person is None:
        if user is None:
            raise Refused("bad_name", "say who you are: give a user")
        return names.choose(user_name(user), uid)
    if user is None or user == person.name:  # a stored name may break today's rules
        return names.choose(person.name, uid, person.name)
    return names.choose(user_name(user), uid, person.name)
