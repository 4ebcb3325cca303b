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


def history(state: State, peer: bytes, command: GetHistory, at: Moment, out: list[Effect]) -> None:
    """For those who are in the room; anybody who is here may read the announcements."""
    requester = state.requester(peer, command, at)
    name = SYSTEM
    if is_private(command.room) or room_key(command.room) != SYSTEM:
        name = state.resolve_room(requester, command.room)
    limit = min(command.limit, state.settings.page)
    out.append(SendPage(peer, command.no, name, command.after, command.before, limit))


def page(state: State, peer: bytes, command: GetPage, at: Moment, out: list[Effect]) -> None:
    """For a gateway: any room, and who may see it."""
    state.gateway(peer, at)
    to: tuple[str, ...] = ()
    if is_private(command.room):
        state.require(NeedRoom(command.room))
        room = state.rooms.get(command.room)
        to = tuple(room.listed) if room else ()
    after, before = command.after, command.before
    out.append(SendPage(peer, command.no, command.room, after, before, command.limit, to))


def participants(
    state: State, peer: bytes, command: GetParticipants, at: Moment, out: list[Effect]
) -> None:
    requester = state.requester(peer, command, at)
    room = state.room(state.resolve_room(requester, command.room))
    if not room.private:
        return presence_updates.names(state, room, peer, command, at, out)
    state.require(*(NeedIdentity(uid) for uid in room.members))
    members = _members(state, room)
    limit = min(command.limit, state.settings.page)
    users, more = page_of(members, command.after, command.prefix, limit)
    listed = Listed(
        term=state.term,
        no=command.no,
        count=len(members),
        version=room.presence.version,
        users=users,
        more=more,
    )
    out.append(Send(peer, listed))


def names(state: State, peer: bytes, command: GetNames, at: Moment, out: list[Effect]) -> None:
    """The first names of a public room as they are now, for a plain line: whoever shows it asks
    again when presence goes out. Of a room at rest there are none."""
    if state.directory.gateways.at(peer) is not None:
        state.gateway(peer, at)
    if is_private(command.room):
        raise Refused("no_such_room", "there is no such room")
    room = state.rooms.get(room_key(command.room))
    count, crowd = 0, False
    users: list[str] = []
    more = False
    if room is not None:
        count, crowd = room.count, room.crowd.on
        users, more = room.participants.page("", "", command.limit)
        room.presence.peek()
    listed = Listed(
        term=state.term,
        no=command.no,
        count=count,
        version=0,
        users=users,
        more=more,
        crowd=crowd,
    )
    out.append(Send(peer, listed))


def rooms(state: State, peer: bytes, command: GetRooms, at: Moment, out: list[Effect]) -> None:
    """The person's private rooms by name, then the public ones by count."""
    requester = state.requester(peer, command, at)
    limit = min(command.limit, state.settings.page)
    own: list[str] = []
    if not command.after or is_private(command.after):
        own = sorted(name for name in requester.person.rooms if name > command.after)
    listings = _own(state, requester, own[:limit])
    after = "" if is_private(command.after) else command.after
    room_for = limit + 1 - len(own)
    if room_for > 0:
        for room in islice(state.rooms.busiest(after), room_for):
            listings.append(Listing(room.name, "public", room.count, room.head))
    more = len(own) > limit or len(listings) > limit
    out.append(SendRooms(peer, command.no, requester.person.uid, tuple(listings[:limit]), more))


def _own(state: State, requester: Requester, names: list[str]) -> list[Listing]:
    state.require(*(NeedRoom(name) for name in names))
    uid = requester.person.uid
    others = [other_member(state, name, uid) for name in names]
    needs: list[Need] = [NeedIdentity(other) for other in others if other]
    state.require(*needs)
    listings: list[Listing] = []
    for name, other in zip(names, others, strict=True):
        room = state.rooms.get(name)
        if room is not None:
            person = state.directory.people.get(other)
            user = person.name if person else ""
            count = len(room.members)
            listings.append(Listing(name, room.kind, count, room.head, room.title, user))
    return listings


def _members(state: State, room: Room) -> "SortedList[tuple[str, str]]":
    people = (state.directory.people.get(uid) for uid in room.members)
    return SortedList((user_key(person.name), person.name) for person in people if person)
