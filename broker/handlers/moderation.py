"""Moderation, for scripts: announcements, deleted messages, bans."""

from broker.effects import BlankText, Need, NeedEvent, NeedRoom, NeedSaid
from broker.handlers.call import Call
from broker.handlers.direct_rooms import find_person
from broker.handlers.membership import drop, make_room
from broker.handlers.messages import check_text
from broker.model.rooms import BEACONS
from common.errors import Refused
from common.messages import Announce, Ban, Blank, Kicked, Said, gateway_topic
from common.names import SYSTEM, is_private, room_key


def announce(call: Call, command: Announce) -> None:
    """Announces a text in one room, or to all sockets in the room `system`, which the first
    announcement makes. A repeat with the same id gets the first one's answer."""
    state = call.state
    check_text(state, command.text)
    name = _room_name(command.room) if command.room else SYSTEM
    key = NeedSaid(name, "", command.id)
    said = state.uncommitted.message(key) if command.id else None
    if said is None:
        needs: list[Need] = [NeedRoom(name)]
        state.require([*needs, key] if command.id else needs)
        if command.id:
            said = state.facts.said(key)
    if said is None:
        room = state.rooms.get(name)
        if room is None:
            if name != SYSTEM:
                raise Refused("no_such_room", "there is no such room")
            room = make_room(call, name)
        event = room.append("announce", SYSTEM, call.wall, text=command.text, id=command.id)
        call.append(room, event)
        seq, timestamp = event.seq, event.timestamp
        if command.id:
            state.uncommitted.add_message(key, seq, timestamp, call.now)
    else:
        seq, timestamp = said.seq, said.timestamp
    call.answer(Said, room=name, id=command.id, seq=seq, timestamp=timestamp)


def blank(call: Call, command: Blank) -> None:
    """Deletes a message: its text is blanked everywhere. A repeat gets the first answer."""
    state = call.state
    name = _room_name(command.room)
    room = state.room(name)
    deleted = state.uncommitted.delete(name, command.seq)
    if deleted is None:
        need = NeedEvent(name, command.seq)
        state.require([need])
        event = state.facts.event(need)
        if event is None and room.appended_at >= state.ledger.clean_before():
            raise Refused("unavailable", "this message may not be on disk yet: try again")
        if event is None or event.kind not in ("message", "announce"):
            raise Refused("no_such_event", "there is no such message")
        if event.rev and not event.text:
            seq, timestamp = event.rev, event.timestamp
        else:
            deletion = room.append("delete", SYSTEM, call.wall, ref=command.seq)
            seq, timestamp = deletion.seq, deletion.timestamp
            call.write(BlankText(name, command.seq, seq))
            call.append(room, deletion)
            state.uncommitted.add_delete(name, command.seq, seq, timestamp, call.now)
    else:
        seq, timestamp = deleted.seq, deleted.timestamp
    call.answer(Said, room=name, id="", seq=seq, timestamp=timestamp)


def ban(call: Call, command: Ban) -> None:
    """Bans a person and closes their sockets, or lifts the ban."""
    person = find_person(call, command)
    if person is None:
        raise Refused("no_such_user", "there is nobody with this name or uid")
    person.banned = not command.lift
    call.write(person.row())
    call.state.directory.people.touch(person.uid, call.now)
    if person.banned:
        sids_by_gateway: dict[str, list[str]] = {}
        for session in sorted(person.sessions, key=lambda s: (s.gateway.id, s.sid)):
            sids_by_gateway.setdefault(session.gateway.id, []).append(session.sid)
            session.gateway.kicked[session.sid] = BEACONS
            drop(call, session)
        for gateway, sids in sids_by_gateway.items():
            message = "you are banned"
            kicked = Kicked(term=call.state.term, sids=sids, code="banned", message=message)
            call.publish(gateway_topic(gateway), kicked)
    call.done()


def _room_name(name: str) -> str:
    """The exact name of a room that a script names."""
    return name if is_private(name) else room_key(name)
