"""Moderating: announcements, deleted messages, bans. For scripts. Pure."""

from broker.effects import BlankText, Effect, NeedEvent, NeedRoom, NeedSaid, Publish, Send
from broker.handlers.direct_rooms import find_person
from broker.handlers.membership import drop, make_room
from broker.handlers.messages import check_text
from broker.model.rooms import BEACONS
from broker.model.state import Moment, State
from common.errors import Refused
from common.messages import Announce, Ban, Blank, Kicked, Said, gateway_topic
from common.names import SYSTEM, is_private, room_key


def announce(state: State, peer: bytes, command: Announce, at: Moment, out: list[Effect]) -> None:
    """To all, in the room of announcements, which the first one makes; or to one room."""
    check_text(state, command.text)
    name = _room_name(command.room) if command.room else SYSTEM
    key = NeedSaid(name, "", command.id)
    said = state.uncommitted.said(key) if command.id else None
    if said is None:
        state.require(NeedRoom(name))
        if command.id:
            said = state.facts.said(key)
    if said is None:
        room = state.rooms.get(name)
        if room is None:
            if name != SYSTEM:
                raise Refused("no_such_room", "there is no such room")
            room = make_room(state, name, at, out)
        event = room.append("announce", SYSTEM, at.wall, text=command.text, id=command.id)
        state.log(room, event, at, out)
        seq, timestamp = event.seq, event.timestamp
        if command.id:
            state.uncommitted.say(key, seq, timestamp, at.now)
    else:
        seq, timestamp = said.seq, said.timestamp
    out.append(Send(peer, _said(state, command.no, name, command.id, seq, timestamp)))


def blank(state: State, peer: bytes, command: Blank, at: Moment, out: list[Effect]) -> None:
    """Blanks a message. Asked again, it tells the same."""
    name = _room_name(command.room)
    room = state.room(name)
    was = state.uncommitted.blanked(name, command.seq)
    if was is None:
        event = state.facts.event(NeedEvent(name, command.seq))
        if event is None and room.appended_at >= state.ledger.clean_before():
            raise Refused("unavailable", "that may have been said just now: try again")
        if event is None or event.kind not in ("message", "announce"):
            raise Refused("no_such_event", "there is no such message")
        if event.rev and not event.text:
            seq, timestamp = event.rev, event.timestamp
        else:
            deleted = room.append("delete", SYSTEM, at.wall, ref=command.seq)
            seq, timestamp = deleted.seq, deleted.timestamp
            out.append(BlankText(name, command.seq, seq))
            state.log(room, deleted, at, out)
            state.uncommitted.blank(name, command.seq, seq, timestamp, at.now)
    else:
        seq, timestamp = was.seq, was.timestamp
    out.append(Send(peer, _said(state, command.no, name, "", seq, timestamp)))


def ban(state: State, peer: bytes, command: Ban, at: Moment, out: list[Effect]) -> None:
    """Keeps somebody out, or lets them in again."""
    person = find_person(state, command)
    if person is None:
        raise Refused("no_such_user", "there is nobody of this name or uid")
    person.banned = not command.lift
    out.append(person.row())
    state.directory.people.touch(person.uid, at.now)
    if person.banned:
        sids: dict[str, list[str]] = {}
        for session in sorted(person.sessions, key=lambda s: (s.gateway.id, s.sid)):
            sids.setdefault(session.gateway.id, []).append(session.sid)
            session.gateway.kicked[session.sid] = BEACONS
            drop(state, session, at, out)
        for gateway, some in sids.items():
            kicked = Kicked(term=state.term, sids=some, code="banned", message="you are banned")
            out.append(Publish(gateway_topic(gateway), kicked))
    state.done(peer, command.no, out)


def _room_name(name: str) -> str:
    return name if is_private(name) else room_key(name)


def _said(state: State, no: int, room: str, id: str, seq: int, timestamp: float) -> Said:
    return Said(term=state.term, no=no, room=room, id=id, seq=seq, timestamp=timestamp)
