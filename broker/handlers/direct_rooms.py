"""Direct conversations: finding somebody, and the room of two. Pure."""

from broker.effects import (
    Effect,
    Need,
    NeedIdentity,
    NeedNamed,
    NeedRoom,
    PutMember,
    PutRoom,
    RoomFact,
    Send,
    Unlist,
)
from broker.handlers.membership import spend
from broker.model.records import Person
from broker.model.room import Room
from broker.model.state import Moment, State
from common.errors import Refused
from common.messages import Ban, Direct, Opened, Quit
from common.names import is_private, user_key


def direct(state: State, peer: bytes, command: Direct, at: Moment, out: list[Effect]) -> None:
    requester = state.requester(peer, command, at)
    person = requester.person
    if person.plain or requester.session.plain:
        raise Refused("forbidden", "a plain page has no private conversations")
    other = find_person(state, command)
    if other is None or other.plain:
        raise Refused("no_such_user", "there is nobody of this name")
    if other is person:
        raise Refused("bad_request", "that is you")
    name = state.directory.direct_room(person.uid, other.uid)
    state.require(NeedRoom(name))
    room = state.rooms.get(name)
    if name not in person.own:
        limit = state.settings.private_rooms
        if len(person.own) >= limit:
            raise Refused("forbidden", f"you may have {limit} conversations at most: quit one")
        spend(state, person, at)
    if room is None:
        members = (min(person.uid, other.uid), max(person.uid, other.uid))
        out.append(PutRoom(name, "direct", members, unlisted=(other.uid,)))
        fact = RoomFact(name, "direct", 0, members, unlisted=(other.uid,))
        room = state.rooms.load(fact, at.now)
        person.rooms[name] = 0
        person.own.add(name)
    elif name not in person.own:
        _make_own(person, room, at, out)
    state.rooms.touch(room, at.now)
    state.directory.people.touch(other.uid, at.now)
    opened = Opened(
        term=state.term, no=command.no, room=name, user=other.name, uid=other.uid, head=room.head
    )
    out.append(Send(peer, opened))


def quit_(state: State, peer: bytes, command: Quit, at: Moment, out: list[Effect]) -> None:
    """Again is the same as once."""
    requester = state.requester(peer, command, at)
    if not is_private(command.room):
        raise Refused("forbidden", "only a conversation can be quit: leave a public room")
    room = state.room(state.resolve_room(requester, command.room))
    if room.kind != "direct":
        raise Refused("forbidden", "only a conversation of two can be quit")
    if requester.person.uid not in room.unlisted:
        _unlist(requester.person, room.name, room, out)
    state.rooms.touch(room, at.now)
    state.done(peer, command.no, out)


def begin(state: State, room: Room, speaker: Person, at: Moment, out: list[Effect]) -> None:
    """Something is about to be said in this conversation: it comes into the lists of its members.
    Speaking is never refused: who has HUBBUB_PRIVATE_ROOMS conversations of their own has this one
    as they have those of strangers."""
    if room.kind != "direct":
        return
    for uid in sorted(room.unlisted - {speaker.uid}):
        other = state.directory.people.get(uid)
        if other is not None:  # else not stored: whoever it was is gone
            _list(state, other, room, at, out)
    if room.name not in speaker.own:
        if len(speaker.own) < state.settings.private_rooms:
            _make_own(speaker, room, at, out)
        elif room.name not in speaker.rooms:
            _list(state, speaker, room, at, out)


def _list(state: State, person: Person, room: Room, at: Moment, out: list[Effect]) -> None:
    """The conversation comes into this person's list, as one that they have not answered. There are
    at most HUBBUB_PRIVATE_ROOMS of those: the oldest makes room, and comes back with its next
    message."""
    unanswered = [name for name in person.rooms if name not in person.own]
    if len(unanswered) >= state.settings.private_rooms:
        _unlist(person, unanswered[0], state.rooms.get(unanswered[0]), out)
    _put(person, room)
    out.append(PutMember(person.uid, room.name, False, at.wall))
    state.directory.people.touch(person.uid, at.now)


def _make_own(person: Person, room: Room, at: Moment, out: list[Effect]) -> None:
    _put(person, room)
    person.own.add(room.name)
    out.append(PutMember(person.uid, room.name, True, at.wall))


def _put(person: Person, room: Room) -> None:
    if person.uid in room.unlisted:
        room.unlisted.discard(person.uid)
        room.floors[person.uid] = room.head
    person.rooms[room.name] = room.head


def _unlist(person: Person, name: str, room: Room | None, out: list[Effect]) -> None:
    """A room at rest has it from the store when it wakes."""
    if room is not None:
        room.unlisted.add(person.uid)
    person.rooms.pop(name, None)
    person.own.discard(name)
    out.append(Unlist(person.uid, name))


def needs_of_name(state: State, user: str) -> list[Need]:
    key = user_key(user)
    return [] if state.directory.names.user(key) else state.lacking(NeedNamed(key))


def find_person(state: State, command: Direct | Ban) -> Person | None:
    """Whom the command names, by `user` or by `uid`. Raises Refused as `named`."""
    if (command.user is None) == (command.uid is None):
        raise Refused("bad_request", "say whom: give a user or a uid, one of them")
    if command.uid is None:
        return named(state, command.user or "")
    state.require(NeedIdentity(command.uid))
    return state.directory.people.get(command.uid)


def named(state: State, user: str) -> Person | None:
    """Who carries this name: who uses it now, or else the one person who went away with it. Raises
    Refused("no_such_user") if there are several. Plain people are found only while they use it."""
    key = user_key(user)
    people = state.directory.people
    uid = state.directory.names.user(key)
    if uid is not None:
        return people.get(uid)
    uids = state.facts.named(NeedNamed(key))
    state.require(*(NeedIdentity(uid) for uid in uids))
    found = people.carrying(uids, key)
    if len(found) > 1:
        some = ", ".join(sorted(person.uid for person in found))
        raise Refused("no_such_user", f"several people carry this name: use the uid, one of {some}")
    return found[0] if found else None


def other_member(state: State, name: str, uid: str) -> str:
    """The uid of the other person of a direct room that is known; empty for other rooms."""
    room = state.rooms.get(name)
    if room is None or room.kind != "direct":
        return ""
    return next((member for member in room.members if member != uid), "")
