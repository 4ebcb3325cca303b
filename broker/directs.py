"""Direct conversations: finding somebody, and the room of two. Pure."""

from broker.effects import (
    Effect,
    Need,
    NeedIdentity,
    NeedNamed,
    NeedRoom,
    PutRoom,
    RoomFact,
    Send,
)
from broker.house import House, Moment
from broker.people import Person
from common.errors import Refused
from common.messages import Ban, Direct, Opened
from common.names import user_key


def direct(house: House, peer: bytes, command: Direct, at: Moment, out: list[Effect]) -> None:
    asker = house.asker(peer, command, at)
    person = asker.person
    if person.plain or asker.session.plain:
        raise Refused("forbidden", "a plain page has no private conversations")
    other = meant(house, command)
    if other is None or other.plain:
        raise Refused("no_such_user", "there is nobody of this name")
    if other is person:
        raise Refused("bad_request", "that is you")
    name = house.directory.direct_room(person.uid, other.uid)
    house.require(NeedRoom(name))
    room = house.rooms.get(name)
    if room is None:
        limit = house.settings.private_rooms
        if max(len(person.rooms), len(other.rooms)) >= limit:
            raise Refused("forbidden", f"one person may have {limit} private rooms at most")
        members = (min(person.uid, other.uid), max(person.uid, other.uid))
        out.append(PutRoom(name, "direct", members))
        room = house.rooms.load(RoomFact(name, "direct", 0, members), at.now)
        for member in (person, other):
            member.rooms[name] = 0
    house.rooms.touch(room, at.now)
    house.directory.people.touch(other.uid, at.now)
    opened = Opened(
        term=house.term, no=command.no, room=name, user=other.name, uid=other.uid, head=room.head
    )
    out.append(Send(peer, opened))


def needs_of_name(house: House, user: str) -> list[Need]:
    key = user_key(user)
    return [] if house.directory.names.user(key) else house.lacking(NeedNamed(key))


def meant(house: House, command: Direct | Ban) -> Person | None:
    """Whom the command names, by `user` or by `uid`. Raises Refused as `named`."""
    if (command.user is None) == (command.uid is None):
        raise Refused("bad_request", "say whom: give a user or a uid, one of them")
    if command.uid is None:
        return named(house, command.user or "")
    house.require(NeedIdentity(command.uid))
    return house.directory.people.get(command.uid)


def named(house: House, user: str) -> Person | None:
    """Who carries this name: who uses it now, or else the one person who went away with it. Raises
    Refused("no_such_user") if there are several. Plain people are found only while they use it."""
    key = user_key(user)
    people = house.directory.people
    uid = house.directory.names.user(key)
    if uid is not None:
        return people.get(uid)
    uids = house.facts.named(NeedNamed(key))
    house.require(*(NeedIdentity(uid) for uid in uids))
    found = people.carrying(uids, key)
    if len(found) > 1:
        some = ", ".join(sorted(person.uid for person in found))
        raise Refused("no_such_user", f"several people carry this name: use the uid, one of {some}")
    return found[0] if found else None


def other_member(house: House, name: str, uid: str) -> str:
    """The uid of the other person of a direct room that is known; empty for other rooms."""
    room = house.rooms.get(name)
    if room is None or room.kind != "direct":
        return ""
    return next((member for member in room.members if member != uid), "")
