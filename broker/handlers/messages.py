"""Messages and typing."""

from broker.effects import Need, NeedIdentity, NeedRoom, NeedSaid
from broker.handlers import direct_rooms
from broker.handlers.call import Call
from broker.handlers.membership import spend
from broker.model.records import Session
from broker.model.state import State
from common.errors import Refused
from common.messages import Said, Say, Type
from common.names import is_invisible, is_private, room_key


def needs_of_say(state: State, session: Session, command: Say) -> list[Need]:
    key = _key(session, command)
    return _needs_of(state, key) if state.uncommitted.message(key) is None else []


def _needs_of(state: State, key: NeedSaid) -> list[Need]:
    """Whether the message was sent before; the room; and the members of a direct room who do not
    have it in their list yet."""
    room = state.rooms.get(key.room)
    if room is None:
        return [key, NeedRoom(key.room)]
    return [key, *(NeedIdentity(uid) for uid in room.unlisted)] if room.unlisted else [key]


def say(call: Call, command: Say) -> None:
    """Sends a message to a room.

    A repeat, which has the id of an earlier message of the same person, gets that message's answer,
    even if the socket has left the room since then, or if it is another socket of that person."""
    state = call.state
    session = call.session(command.sid)
    person = session.person
    key = _key(session, command)
    name = key.room
    said = state.uncommitted.message(key)
    if said is None:
        state.require(_needs_of(state, key))
        said = state.facts.said(key)
    if said is None:
        room = state.room(call.resolve_room(session, name))
        check_text(state, command.text)
        spend(call, person)
        direct_rooms.list_for_members(call, room, person)
        event = room.say(person.uid, person.name, command.text, command.id, call.wall)
        call.append(room, event)
        state.uncommitted.add_message(key, event.seq, event.timestamp, call.now)
        seq, timestamp = event.seq, event.timestamp
    else:
        seq, timestamp = said.seq, said.timestamp
    call.answer(Said, room=name, id=command.id, seq=seq, timestamp=timestamp)


def _key(session: Session, command: Say) -> NeedSaid:
    """What makes the message one and the same: the room's exact name, the person, and the id."""
    name = command.room
    if name not in session.rooms and not is_private(name):
        name = room_key(name)
    return NeedSaid(name, session.uid, command.id)


def check_text(state: State, text: str) -> None:
    """Raises Refused for a message that is empty or too long."""
    limit = state.settings.text_chars
    if is_invisible(text):
        raise Refused("bad_request", "there is nothing in this message")
    if len(text) > limit:
        raise Refused("too_long", f"a message has at most {limit} characters")


def type_(call: Call, command: Type) -> None:
    """Somebody has started or stopped typing."""
    session = call.session(command.sid)
    room = call.state.room(call.resolve_room(session, command.room))
    room.set_typing(session.uid, session.person.name, command.typing, call.now)
    call.state.rooms.touch(room, call.now)
    call.done()
