"""Direct rooms: private conversations of two people, and how a person is found by name."""

from broker.effects import (
    Need,
    NeedIdentity,
    NeedNamed,
    NeedRoom,
    PutMember,
    PutRoom,
    RoomFact,
    Unlist,
)
from broker.handlers.call import Call
from broker.handlers.membership import spend
from broker.model.records import Person
from broker.model.room import Room
from broker.model.state import State
from common.errors import Refused
from common.messages import Ban, Direct, Opened, Quit
from common.names import is_private, user_key


def direct(call: Call, command: Direct) -> None:
    """Opens the conversation with somebody: it is made if need be, and is in the person's list of
    rooms from now on. The other person gets it into their list with the first message."""
    state = call.state
    session = call.session(command.sid)
    person = session.person
    if person.plain or session.plain:
        raise Refused("forbidden", "a plain page has no private conversations")
    other = find_person(call, command)
    if other is None or other.plain:
        raise Refused("no_such_user", "there is nobody with this name or uid")
    if other is person:
        raise Refused("bad_request", "nobody can write to themselves")
    name = state.directory.direct_room(person.uid, other.uid)
    state.require([NeedRoom(name)])
    room = state.rooms.get(name)
    if name not in person.own_rooms:
        limit = state.settings.private_rooms
        if len(person.own_rooms) >= limit:
            raise Refused("forbidden", f"you may have {limit} conversations at most: quit one")
        spend(call, person)
    if room is None:
        members = (min(person.uid, other.uid), max(person.uid, other.uid))
        call.write(PutRoom(name, "direct", members, unlisted=(other.uid,)))
        fact = RoomFact(name, "direct", 0, members, unlisted=(other.uid,))
        room = state.rooms.load(fact, call.now)
        person.private_rooms[name] = 0
        person.own_rooms.add(name)
    elif name not in person.own_rooms:
        _make_own(call, person, room)
    state.rooms.touch(room, call.now)
    state.directory.people.touch(other.uid, call.now)
    call.answer(Opened, room=name, user=other.name, uid=other.uid, head=room.head)


def quit_(call: Call, command: Quit) -> None:
    """Takes a conversation out of the person's list. A repeat changes nothing."""
    session = call.session(command.sid)
    if not is_private(command.room):
        raise Refused("forbidden", "only a conversation can be quit: leave a public room")
    room = call.state.room(call.resolve_room(session, command.room))
    if room.kind != "direct":
        raise Refused("forbidden", "only a conversation of two can be quit")
    if session.uid not in room.unlisted:
        _unlist(call, session.person, room.name, room)
    call.state.rooms.touch(room, call.now)
    call.done()


def list_for_members(call: Call, room: Room, speaker: Person) -> None:
    """A message is about to be appended to this room. A conversation gets into the lists of both
    its members by it.

    A message is never refused because of this: a speaker who has HUBBUB_PRIVATE_ROOMS own
    conversations has this one in their list as one that they have not answered."""
    if room.kind != "direct":
        return
    for uid in sorted(room.unlisted - {speaker.uid}):
        other = call.state.directory.people.get(uid)
        if other is not None:  # None if the store has no such person any more
            _list(call, other, room)
    if room.name not in speaker.own_rooms:
        if len(speaker.own_rooms) < call.state.settings.private_rooms:
            _make_own(call, speaker, room)
        elif room.name not in speaker.private_rooms:
            _list(call, speaker, room)


def _list(call: Call, person: Person, room: Room) -> None:
    """Puts the conversation into this person's list, as one that they have not answered. A list has
    at most HUBBUB_PRIVATE_ROOMS of those: the oldest is taken out, and gets back into the list with
    its next message."""
    state = call.state
    unanswered = [name for name in person.private_rooms if name not in person.own_rooms]
    if len(unanswered) >= state.settings.private_rooms:
        _unlist(call, person, unanswered[0], state.rooms.get(unanswered[0]))
    _put(person, room)
    call.write(PutMember(person.uid, room.name, False, call.wall))
    state.directory.people.touch(person.uid, call.now)


def _make_own(call: Call, person: Person, room: Room) -> None:
    """Puts the conversation into this person's list, as one that they have opened or answered."""
    _put(person, room)
    person.own_rooms.add(room.name)
    call.write(PutMember(person.uid, room.name, True, call.wall))


def _put(person: Person, room: Room) -> None:
    if person.uid in room.unlisted:
        room.unlisted.discard(person.uid)
        room.floors[person.uid] = room.head
    person.private_rooms[room.name] = room.head


def _unlist(call: Call, person: Person, name: str, room: Room | None) -> None:
    """Takes a conversation out of this person's list. `room` is None if the conversation is not in
    memory: it is loaded as the store has it then."""
    if room is not None:
        room.unlisted.add(person.uid)
    person.private_rooms.pop(name, None)
    person.own_rooms.discard(name)
    call.write(Unlist(person.uid, name))


def needs_of_person(state: State, command: Direct | Ban) -> list[Need]:
    """What has to be known to find the person whom a command names."""
    if command.user is not None:
        key = user_key(command.user)
        return [] if state.directory.names.uid_of(key) else [NeedNamed(key)]
    return [NeedIdentity(command.uid)] if command.uid is not None else []


def find_person(call: Call, command: Direct | Ban) -> Person | None:
    """The person whom the command names by `user` or by `uid`.

    A name means the person who uses it now; if nobody does, the one person who had it last. Raises
    Refused if the command gives both or neither, or if several people had the name. A plain person
    is found by name only while they use it."""
    if (command.user is None) == (command.uid is None):
        raise Refused("bad_request", "name one person: give a user or a uid, not both")
    state = call.state
    people = state.directory.people
    state.require(needs_of_person(state, command))
    if command.uid is not None:
        return people.get(command.uid)
    key = user_key(command.user or "")
    uid = state.directory.names.uid_of(key)
    if uid is not None:
        return people.get(uid)
    uids = state.facts.named(NeedNamed(key))
    state.require([NeedIdentity(uid) for uid in uids])
    found = people.with_name(uids, key)
    if len(found) > 1:
        choices = ", ".join(sorted(person.uid for person in found))
        message = f"several people had this name: give the uid, one of {choices}"
        raise Refused("no_such_user", message)
    return found[0] if found else None


def other_member(state: State, name: str, uid: str) -> str:
    """The uid of the other person of a direct room that is in memory; empty for another room."""
    room = state.rooms.get(name)
    if room is None or room.kind != "direct":
        return ""
    return next((member for member in room.members if member != uid), "")
