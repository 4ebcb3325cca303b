"""Speaking: messages and typing. Pure."""

from broker.coming import spend
from broker.effects import Effect, Need, NeedRoom, NeedSaid, Send
from broker.house import House, Moment
from common.errors import Refused
from common.messages import Said, Say, Type


def needs_of_say(house: House, command: Say) -> list[Need]:
    session = house.directory.gateways.session(command.sid)
    if session is None:
        return []
    key = (command.room, session.uid, command.id)
    if house.recent.said(key) is not None:
        return []
    needs: list[Need] = [NeedSaid(*key)]
    if command.room not in session.rooms:
        needs.append(NeedRoom(command.room))
    return house.lacking(*needs)


def say(house: House, peer: bytes, command: Say, at: Moment, out: list[Effect]) -> None:
    asker = house.asker(peer, command, at)
    person = asker.person
    name = house.place(asker, command.room)
    text = command.text
    check_text(house, text)
    key = (name, person.uid, command.id)
    said = house.recent.said(key)
    if said is None:
        house.require(NeedSaid(*key), NeedRoom(name))
        said = house.facts.said(NeedSaid(*key))
    if said is None:
        room = house.room(name)
        spend(house, person, at)
        event = room.say(person.uid, person.name, text, command.id, at.wall)
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


def check_text(house: House, text: str) -> None:
    limit = house.settings.text_chars
    if not text or text.isspace():
        raise Refused("bad_request", "there is nothing in this message")
    if len(text) > limit:
        raise Refused("too_long", f"a message has at most {limit} characters")


def type_(house: House, peer: bytes, command: Type, at: Moment, out: list[Effect]) -> None:
    asker = house.asker(peer, command, at)
    room = house.room(house.place(asker, command.room))
    room.type(asker.person.uid, asker.person.name, command.typing, at.now)
    house.rooms.touch(room, at.now)
    house.done(peer, command.no, out)
