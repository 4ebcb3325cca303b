"""Speaking: messages and typing. Pure."""

from broker.effects import Effect, Need, NeedIdentity, NeedRoom, NeedSaid, Send
from broker.handlers import direct_rooms
from broker.handlers.membership import spend
from broker.model.records import Session
from broker.model.state import Moment, State
from common.errors import Refused
from common.messages import Said, Say, Type
from common.names import is_invisible, is_private, room_key


def needs_of_say(state: State, peer: bytes, command: Say) -> list[Need]:
    session = state.directory.gateways.session(peer, command.sid)
    if session is None:
        return []
    key = _key(session, command)
    if state.uncommitted.said(key) is not None:
        return []
    if key.room in session.rooms:
        return state.lacking(key)
    return state.lacking(key, NeedRoom(key.room))


def say(state: State, peer: bytes, command: Say, at: Moment, out: list[Effect]) -> None:
    """A repeat gets the first one's answer, whatever has come since: its socket may have left the
    room, or be another one. It finds only what the same person has said."""
    requester = state.requester(peer, command, at)
    person = requester.person
    key = _key(requester.session, command)
    name = key.room
    said = state.uncommitted.said(key)
    if said is None:
        said = state.facts.said(key)
    if said is None:
        room = state.room(state.resolve_room(requester, name))
        check_text(state, command.text)
        state.require(*(NeedIdentity(uid) for uid in room.unlisted))
        spend(state, person, at)
        direct_rooms.begin(state, room, person, at, out)
        event = room.say(person.uid, person.name, command.text, command.id, at.wall)
        state.log(room, event, at, out)
        state.uncommitted.say(key, event.seq, event.timestamp, at.now)
        seq, timestamp = event.seq, event.timestamp
    else:
        seq, timestamp = said.seq, said.timestamp
    out.append(
        Send(
            peer,
            Said(
                term=state.term,
                no=command.no,
                room=name,
                id=command.id,
                seq=seq,
                timestamp=timestamp,
            ),
        )
    )


def _key(session: Session, command: Say) -> NeedSaid:
    name = command.room
    if name not in session.rooms and not is_private(name):
        name = room_key(name)
    return NeedSaid(name, session.uid, command.id)


def check_text(state: State, text: str) -> None:
    limit = state.settings.text_chars
    if is_invisible(text):
        raise Refused("bad_request", "there is nothing in this message")
    if len(text) > limit:
        raise Refused("too_long", f"a message has at most {limit} characters")


def type_(state: State, peer: bytes, command: Type, at: Moment, out: list[Effect]) -> None:
    requester = state.requester(peer, command, at)
    room = state.room(state.resolve_room(requester, command.room))
    room.type(requester.person.uid, requester.person.name, command.typing, at.now)
    state.rooms.touch(room, at.now)
    state.done(peer, command.no, out)
