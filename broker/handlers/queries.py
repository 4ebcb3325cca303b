"""Reading: history, participants, lists of rooms. Pure."""

from itertools import islice

from sortedcontainers import SortedList

from broker.effects import (
    Effect,
    Listing,
    Need,
    NeedIdentity,
    NeedRoom,
    Send,
    SendPage,
    SendRooms,
)
from broker.handlers import presence_updates
from broker.handlers.direct_rooms import other_member
from broker.model.participants import page_of
from broker.model.room import Room
from broker.model.state import Moment, Requester, State
from common.errors import Refused
from common.messages import GetHistory, GetNames, GetPage, GetParticipants, GetRooms, Listed
from common.names import SYSTEM, is_private, room_key, user_key


def history(house: State, peer: bytes, command: GetHistory, at: Moment, out: list[Effect]) -> None:
    """For those who are in the room; anybody who is here may read the announcements."""
    asker = house.asker(peer, command, at)
    name = SYSTEM
    if is_private(command.room) or room_key(command.room) != SYSTEM:
        name = house.place(asker, command.room)
    limit = min(command.limit, house.settings.page)
    out.append(SendPage(peer, command.no, name, command.after, command.before, limit))


def page(house: State, peer: bytes, command: GetPage, at: Moment, out: list[Effect]) -> None:
    """For a gateway: any room, and who may see it."""
    house.gateway(peer, at)
    to: tuple[str, ...] = ()
    if is_private(command.room):
        house.require(NeedRoom(command.room))
        room = house.rooms.get(command.room)
        to = tuple(room.listed) if room else ()
    after, before = command.after, command.before
    out.append(SendPage(peer, command.no, command.room, after, before, command.limit, to))


def participants(
    house: State, peer: bytes, command: GetParticipants, at: Moment, out: list[Effect]
) -> None:
    asker = house.asker(peer, command, at)
    room = house.room(house.place(asker, command.room))
    if not room.private:
        return presence_updates.names(house, room, peer, command, at, out)
    house.require(*(NeedIdentity(uid) for uid in room.members))
    members = _members(house, room)
    limit = min(command.limit, house.settings.page)
    users, more = page_of(members, command.after, command.prefix, limit)
    listed = Listed(
        term=house.term,
        no=command.no,
        count=len(members),
        version=room.presence.version,
        users=users,
        more=more,
    )
    out.append(Send(peer, listed))


def names(house: State, peer: bytes, command: GetNames, at: Moment, out: list[Effect]) -> None:
    """The first names of a public room as they are now, for a plain line: whoever shows it asks
    again when presence goes out. Of a room at rest there are none."""
    if house.directory.gateways.at(peer) is not None:
        house.gateway(peer, at)
    if is_private(command.room):
        raise Refused("no_such_room", "there is no such room")
    room = house.rooms.get(room_key(command.room))
    count, crowd = 0, False
    users: list[str] = []
    more = False
    if room is not None:
        count, crowd = room.count, room.crowd.on
        users, more = room.participants.page("", "", command.limit)
        room.presence.peek()
    listed = Listed(
        term=house.term,
        no=command.no,
        count=count,
        version=0,
        users=users,
        more=more,
        crowd=crowd,
    )
    out.append(Send(peer, listed))


def rooms(house: State, peer: bytes, command: GetRooms, at: Moment, out: list[Effect]) -> None:
    """The person's private rooms by name, then the public ones by count."""
    asker = house.asker(peer, command, at)
    limit = min(command.limit, house.settings.page)
    own: list[str] = []
    if not command.after or is_private(command.after):
        own = sorted(name for name in asker.person.rooms if name > command.after)
    listings = _own(house, asker, own[:limit])
    after = "" if is_private(command.after) else command.after
    room_for = limit + 1 - len(own)
    if room_for > 0:
        for room in islice(house.rooms.busiest(after), room_for):
            listings.append(Listing(room.name, "public", room.count, room.head))
    more = len(own) > limit or len(listings) > limit
    out.append(SendRooms(peer, command.no, asker.person.uid, tuple(listings[:limit]), more))


def _own(house: State, asker: Requester, names: list[str]) -> list[Listing]:
    house.require(*(NeedRoom(name) for name in names))
    uid = asker.person.uid
    others = [other_member(house, name, uid) for name in names]
    needs: list[Need] = [NeedIdentity(other) for other in others if other]
    house.require(*needs)
    listings: list[Listing] = []
    for name, other in zip(names, others, strict=True):
        room = house.rooms.get(name)
        if room is not None:
            person = house.directory.people.get(other)
            user = person.name if person else ""
            count = len(room.members)
            listings.append(Listing(name, room.kind, count, room.head, room.title, user))
    return listings


def _members(house: State, room: Room) -> "SortedList[tuple[str, str]]":
    people = (house.directory.people.get(uid) for uid in room.members)
    return SortedList((user_key(person.name), person.name) for person in people if person)
