"""Speaking: messages and typing. Pure."""

from broker.effects import Effect, Need, NeedIdentity, NeedRoom, NeedSaid, Send
from broker.handlers import direct_rooms
from broker.handlers.membership import spend
from broker.model.records import Session
from broker.model.state import Moment, State
from common.errors import Refused
from common.messages import Said, Say, Type
from common.names import is_invisible, is_private, room_key


def needs_of_say(house: State, peer: bytes, command: Say) -> list[Need]:
    session = house.directory.gateways.session(peer, command.sid)
    if session is None:
        return []
    key = _key(session, command)
    if house.recent.said(key) is not None:
        return []
    if key.room in session.rooms:
        return house.lacking(key)
    return house.lacking(key, NeedRoom(key.room))


def say(house: State, peer: bytes, command: Say, at: Moment, out: list[Effect]) -> None:
    """A repeat gets the first one's answer, whatever has come since: its socket may have left the
    room, or be another one. It finds only what the same person has said."""
    asker = house.asker(peer, command, at)
    person = asker.person
    key = _key(asker.session, command)
    name = key.room
    said = house.recent.said(key)
    if said is None:
        said = house.facts.said(key)
    if said is None:
        room = house.room(house.place(asker, name))
        check_text(house, command.text)
        house.require(*(NeedIdentity(uid) for uid in room.unlisted))
        spend(house, person, at)
        direct_rooms.begin(house, room, person, at, out)
        event = room.say(person.uid, person.name, command.text, command.id, at.wall)
        house.log(room, event, at, out)
        house.recent.say(key, event.seq, event.timestamp, at.now)
        seq, timestamp = event.seq, event.timestamp
    else:
        seq, timestamp = said.seq, said.timestamp
    out.append(
        Send(
            peer,
            Said(
                term=house.term,
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


def check_text(house: State, text: str) -> None:
    limit = house.settings.text_chars
    if is_invisible(text):
        raise Refused("bad_request", "there is nothing in this message")
    if len(text) > limit:
        raise Refused("too_long", f"a message has at most {limit} characters")


def type_(house: State, peer: bytes, command: Type, at: Moment, out: list[Effect]) -> None:
    asker = house.asker(peer, command, at)
    room = house.room(house.place(asker, command.room))
    room.type(asker.person.uid, asker.person.name, command.typing, at.now)
    house.rooms.touch(room, at.now)
    house.done(peer, command.no, out)
