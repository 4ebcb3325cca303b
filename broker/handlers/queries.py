"""Queries: history, participants, lists of rooms."""

from itertools import islice

from sortedcontainers import SortedList

from broker.effects import Listing, Need, NeedIdentity, NeedRoom, SendPage, SendRooms
from broker.handlers import presence_updates
from broker.handlers.call import Call
from broker.handlers.direct_rooms import other_member
from broker.model.participants import page_of
from broker.model.records import Session
from broker.model.room import Room
from common.errors import Refused
from common.messages import GetHistory, GetNames, GetPage, GetParticipants, GetRooms, Listed
from common.names import SYSTEM, is_private, room_key, user_key


def history(call: Call, command: GetHistory) -> None:
    """A page of a room's log, for a session that may use the room. The announcements may be read
    by every session."""
    session = call.session(command.sid)
    name = SYSTEM
    if is_private(command.room) or room_key(command.room) != SYSTEM:
        name = call.resolve_room(session, command.room)
    limit = min(command.limit, call.state.settings.page)
    call.release(SendPage(call.peer, call.no, name, command.after, command.before, limit))


def needs_of_page(command: GetPage) -> list[Need]:
    return [NeedRoom(command.room)] if is_private(command.room) else []


def page(call: Call, command: GetPage) -> None:
    """A page of any room's log, for a gateway, with the members who may get it."""
    call.gateway()
    call.state.require(needs_of_page(command))
    to: tuple[str, ...] = ()
    if is_private(command.room):
        room = call.state.rooms.get(command.room)
        to = tuple(room.listed) if room else ()
    name, after, before, limit = command.room, command.after, command.before, command.limit
    call.release(SendPage(call.peer, call.no, name, after, before, limit, to))


def participants(call: Call, command: GetParticipants) -> None:
    """A page of the names of a room's participants, or of a private room's members."""
    session = call.session(command.sid)
    room = call.state.room(call.resolve_room(session, command.room))
    if not room.private:
        return presence_updates.send_names(call, room, command)
    call.state.require([NeedIdentity(uid) for uid in room.members])
    members = _sorted_members(call, room)
    limit = min(command.limit, call.state.settings.page)
    users, more = page_of(members, command.after, command.prefix, limit)
    count, version = len(members), room.presence.version
    call.answer(Listed, count=count, version=version, users=users, more=more)


def names(call: Call, command: GetNames) -> None:
    """The first names of a public room as they are now, for the list that plain sockets get. A
    gateway asks again whenever presence is published. A room that is not in memory has none."""
    if call.state.directory.gateways.at(call.peer) is not None:
        call.gateway()
    if is_private(command.room):
        raise Refused("no_such_room", "there is no such room")
    room = call.state.rooms.get(room_key(command.room))
    count, crowd = 0, False
    users: list[str] = []
    more = False
    if room is not None:
        count, crowd = room.count, room.crowd.active
        users, more = room.participants.page("", "", command.limit)
        room.presence.version_shown_to()
    call.answer(Listed, count=count, version=0, users=users, more=more, crowd=crowd)


def rooms(call: Call, command: GetRooms) -> None:
    """A page of the person's private rooms by name, then of the public rooms by count."""
    session = call.session(command.sid)
    limit = min(command.limit, call.state.settings.page)
    private: list[str] = []
    if not command.after or is_private(command.after):
        private = sorted(name for name in session.person.private_rooms if name > command.after)
    listings = _private_listings(call, session, private[:limit])
    after = "" if is_private(command.after) else command.after
    space = limit + 1 - len(private)
    if space > 0:
        for room in islice(call.state.rooms.busiest(after), space):
            listings.append(Listing(room.name, "public", room.count, room.head))
    more = len(private) > limit or len(listings) > limit
    call.release(SendRooms(call.peer, call.no, session.uid, tuple(listings[:limit]), more))


def _private_listings(call: Call, session: Session, names: list[str]) -> list[Listing]:
    state = call.state
    call.state.require([NeedRoom(name) for name in names])
    others = [other_member(state, name, session.uid) for name in names]
    call.state.require([NeedIdentity(other) for other in others if other])
    listings: list[Listing] = []
    for name, other in zip(names, others, strict=True):
        room = state.rooms.get(name)
        if room is not None:
            person = state.directory.people.get(other)
            user = person.name if person else ""
            count = len(room.members)
            listings.append(Listing(name, room.kind, count, room.head, room.title, user))
    return listings


def _sorted_members(call: Call, room: Room) -> "SortedList[tuple[str, str]]":
    """The members' names with their keys."""
    people = (call.state.directory.people.get(uid) for uid in room.members)
    return SortedList((user_key(person.name), person.name) for person in people if person)
