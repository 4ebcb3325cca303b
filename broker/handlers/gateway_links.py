"""The links to gateways: hello, who is there, marks, farewell. Pure."""

from broker.effects import Effect, Need, NeedIdentity, NeedRoom, Publish, Send
from broker.handlers.membership import call, drop, lose, make_room, take_seat
from broker.model.directory import session_row
from broker.model.records import Gateway
from broker.model.state import Moment, State
from common.errors import Refused
from common.messages import (
    WIRE,
    Bye,
    GetHeads,
    HeadsTold,
    Hello,
    Marked,
    Register,
    SessionInfo,
    TakeUp,
    Welcome,
    events_topic,
)
from common.names import SYSTEM, is_private, room_key

_EVENTS = events_topic("").removesuffix("\0")


def hello(house: State, peer: bytes, command: Hello, at: Moment, out: list[Effect]) -> None:
    if command.wire != WIRE:
        raise Refused("bad_request", f"this broker speaks wire {WIRE}, not {command.wire}")
    if command.gateway:
        house.directory.gateways.bind(peer, command.gateway, command.proof, at.now)
    welcome = Welcome(
        term=house.term,
        no=command.no,
        epoch=house.epoch,
        events=house.settings.events_advertise,
        lease_s=house.settings.lease,
    )
    out.append(Send(peer, welcome))


def bye(house: State, peer: bytes, command: Bye, at: Moment, out: list[Effect]) -> None:
    gateway = house.gateway(peer, at)
    house.directory.gateways.unbind(gateway, at.now)
    house.done(peer, command.no, out)


def needs_of_register(house: State, command: Register) -> list[Need]:
    needs: dict[Need, None] = {}
    for sitting in command.sittings:
        needs[NeedIdentity(sitting.uid)] = None
        for name in sitting.rooms:
            needs[NeedRoom(name)] = None
    return house.lacking(*needs)


def register(house: State, peer: bytes, command: Register, at: Moment, out: list[Effect]) -> None:
    """The gateway's people as it knows them are applied as a difference to what is known here."""
    gateway = house.gateway(peer, at)
    needs: dict[Need, None] = {NeedIdentity(sitting.uid): None for sitting in command.sittings}
    for sitting in command.sittings:
        needs.update((NeedRoom(name), None) for name in sitting.rooms)
    house.require(*needs)
    if gateway.named is None:
        gateway.named = set()
    for sitting in command.sittings:
        person = house.directory.people.get(sitting.uid)
        if person is None:
            continue  # of another store: its socket is told not_joined and joins anew
        if person.banned:
            continue  # `heads` tells, once the gateway hears what is published
        gateway.named.add(sitting.sid)
        _sit(house, gateway, sitting, at, out)
    if command.last:
        for session in [s for s in gateway.sessions.values() if s.sid not in gateway.named]:
            session.unnamed = True
            for name in session.rooms:
                house.directory.doubt(session, name, at.now)
            lose(house, session, at, out)
        gateway.named = None
    house.done(peer, command.no, out)


def _sit(
    house: State, gateway: Gateway, sitting: SessionInfo, at: Moment, out: list[Effect]
) -> None:
    session = gateway.sessions.get(sitting.sid)
    if session is not None and session.uid != sitting.uid:
        drop(house, session, at, out)
        session = None
    if session is not None:
        house.directory.find(session)
        for name in session.rooms:
            if name in sitting.rooms:
                house.directory.trust(session, name)
            else:
                house.directory.doubt(session, name, at.now)
        if session.rooms.keys() >= set(sitting.rooms):
            return
    person = house.directory.people.get(sitting.uid)
    assert person is not None, "the caller has looked"
    if session is None:
        names = house.directory.names
        call(house, person, names.choose(person.name, person.uid, person.name), at, out)
        session = house.directory.sit(gateway, sitting.sid, person, sitting.plain)
    for name in sitting.rooms:
        if name in session.rooms or len(session.rooms) >= house.settings.socket_rooms:
            continue
        room = house.rooms.get(name)
        if is_private(name):
            if room is None or person.uid not in room.members:
                continue
        elif not _is_public(name):
            continue
        if room is None:
            room = make_room(house, name, at, out)
        take_seat(house, session, person, room, at, out)
    out.append(session_row(session))


def _is_public(name: str) -> bool:
    try:
        return room_key(name) == name != SYSTEM
    except Refused:
        return False


def _room_of(topic: str) -> str:
    """The room whose events this topic carries, or nothing."""
    if topic.startswith(_EVENTS) and topic.endswith("\0"):
        return topic[len(_EVENTS) : -1]
    return ""


def needs_of_take_up(house: State, command: TakeUp) -> list[Need]:
    return house.lacking(*(NeedRoom(_room_of(t)) for t in command.topics if _room_of(t)))


def take_up(house: State, peer: bytes, command: TakeUp, at: Moment, out: list[Effect]) -> None:
    """Effects are released in order: all up to the room's head is published before the mark."""
    house.gateway(peer, at)
    house.require(*(NeedRoom(_room_of(t)) for t in command.topics if _room_of(t)))
    for topic in command.topics:
        room = house.rooms.get(_room_of(topic))
        marked = Marked(
            term=house.term,
            topic=topic,
            nonce=command.nonce,
            epoch=house.epoch,
            head=room.head if room else 0,
        )
        out.append(Publish(topic, marked))
    house.done(peer, command.no, out)


def needs_of_heads(house: State, command: GetHeads) -> list[Need]:
    return house.lacking(*_needs_of_heads(command))


def _needs_of_heads(command: GetHeads) -> list[Need]:
    rooms: list[Need] = [NeedRoom(name) for name in command.rooms]
    return rooms + [NeedIdentity(uid) for uid in command.people]


def heads(house: State, peer: bytes, command: GetHeads, at: Moment, out: list[Effect]) -> None:
    gateway = house.gateway(peer, at)
    house.require(*_needs_of_heads(command))
    banned: list[str] = []
    told: dict[str, int] = {}
    members: dict[str, list[str]] = {}
    for uid in command.people:
        person = house.directory.people.get(uid)
        if person is not None and person.banned:
            banned.append(uid)
        elif person is not None and gateway.id in person.gateways:
            for name, head in person.rooms.items():
                if head:
                    told[name] = head
                    members.setdefault(name, []).append(uid)
    for name in command.rooms:
        room = house.rooms.get(name)
        told[name] = room.head if room else 0
    answer = HeadsTold(term=house.term, no=command.no, heads=told, members=members, banned=banned)
    out.append(Send(peer, answer))
