"""The links to gateways: hello, who is there, marks, farewell. Pure."""

from broker.effects import Effect, Need, NeedIdentity, NeedRoom, Publish, Send
from broker.handlers.membership import call, drop, enter_room, make_room, mark_lost
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


def hello(state: State, peer: bytes, command: Hello, at: Moment, out: list[Effect]) -> None:
    if command.wire != WIRE:
        raise Refused("bad_request", f"this broker speaks wire {WIRE}, not {command.wire}")
    if command.gateway:
        state.directory.gateways.bind(peer, command.gateway, command.proof, at.now)
    welcome = Welcome(
        term=state.term,
        no=command.no,
        epoch=state.epoch,
        events=state.settings.events_advertise,
        lease_s=state.settings.lease,
    )
    out.append(Send(peer, welcome))


def bye(state: State, peer: bytes, command: Bye, at: Moment, out: list[Effect]) -> None:
    gateway = state.gateway(peer, at)
    state.directory.gateways.unbind(gateway, at.now)
    state.done(peer, command.no, out)


def needs_of_register(state: State, command: Register) -> list[Need]:
    needs: dict[Need, None] = {}
    for sitting in command.sittings:
        needs[NeedIdentity(sitting.uid)] = None
        for name in sitting.rooms:
            needs[NeedRoom(name)] = None
    return state.lacking(*needs)


def register(state: State, peer: bytes, command: Register, at: Moment, out: list[Effect]) -> None:
    """The gateway's people as it knows them are applied as a difference to what is known here."""
    gateway = state.gateway(peer, at)
    needs: dict[Need, None] = {NeedIdentity(sitting.uid): None for sitting in command.sittings}
    for sitting in command.sittings:
        needs.update((NeedRoom(name), None) for name in sitting.rooms)
    state.require(*needs)
    if gateway.named is None:
        gateway.named = set()
    for sitting in command.sittings:
        person = state.directory.people.get(sitting.uid)
        if person is None:
            continue  # of another store: its socket is told not_joined and joins anew
        if person.banned:
            continue  # `heads` tells, once the gateway hears what is published
        gateway.named.add(sitting.sid)
        _sit(state, gateway, sitting, at, out)
    if command.last:
        for session in [s for s in gateway.sessions.values() if s.sid not in gateway.named]:
            session.unnamed = True
            for name in session.rooms:
                state.directory.mark_unconfirmed(session, name, at.now)
            mark_lost(state, session, at, out)
        gateway.named = None
    state.done(peer, command.no, out)


def _sit(
    state: State, gateway: Gateway, sitting: SessionInfo, at: Moment, out: list[Effect]
) -> None:
    session = gateway.sessions.get(sitting.sid)
    if session is not None and session.uid != sitting.uid:
        drop(state, session, at, out)
        session = None
    if session is not None:
        state.directory.mark_found(session)
        for name in session.rooms:
            if name in sitting.rooms:
                state.directory.confirm(session, name)
            else:
                state.directory.mark_unconfirmed(session, name, at.now)
        if session.rooms.keys() >= set(sitting.rooms):
            return
    person = state.directory.people.get(sitting.uid)
    assert person is not None, "the caller has looked"
    if session is None:
        names = state.directory.names
        call(state, person, names.choose(person.name, person.uid, person.name), at, out)
        session = state.directory.connect(gateway, sitting.sid, person, sitting.plain)
    for name in sitting.rooms:
        if name in session.rooms or len(session.rooms) >= state.settings.socket_rooms:
            continue
        room = state.rooms.get(name)
        if is_private(name):
            if room is None or person.uid not in room.members:
                continue
        elif not _is_public(name):
            continue
        if room is None:
            room = make_room(state, name, at, out)
        enter_room(state, session, person, room, at, out)
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


def needs_of_take_up(state: State, command: TakeUp) -> list[Need]:
    return state.lacking(*(NeedRoom(_room_of(t)) for t in command.topics if _room_of(t)))


def take_up(state: State, peer: bytes, command: TakeUp, at: Moment, out: list[Effect]) -> None:
    """Effects are released in order: all up to the room's head is published before the mark."""
    state.gateway(peer, at)
    state.require(*(NeedRoom(_room_of(t)) for t in command.topics if _room_of(t)))
    for topic in command.topics:
        room = state.rooms.get(_room_of(topic))
        marked = Marked(
            term=state.term,
            topic=topic,
            nonce=command.nonce,
            epoch=state.epoch,
            head=room.head if room else 0,
        )
        out.append(Publish(topic, marked))
    state.done(peer, command.no, out)


def needs_of_heads(state: State, command: GetHeads) -> list[Need]:
    return state.lacking(*_needs_of_heads(command))


def _needs_of_heads(command: GetHeads) -> list[Need]:
    rooms: list[Need] = [NeedRoom(name) for name in command.rooms]
    return rooms + [NeedIdentity(uid) for uid in command.people]


def heads(state: State, peer: bytes, command: GetHeads, at: Moment, out: list[Effect]) -> None:
    gateway = state.gateway(peer, at)
    state.require(*_needs_of_heads(command))
    banned: list[str] = []
    told: dict[str, int] = {}
    members: dict[str, list[str]] = {}
    for uid in command.people:
        person = state.directory.people.get(uid)
        if person is not None and person.banned:
            banned.append(uid)
        elif person is not None and gateway.id in person.gateways:
            for name, head in person.rooms.items():
                if head:
                    told[name] = head
                    members.setdefault(name, []).append(uid)
    for name in command.rooms:
        room = state.rooms.get(name)
        told[name] = room.head if room else 0
    answer = HeadsTold(term=state.term, no=command.no, heads=told, members=members, banned=banned)
    out.append(Send(peer, answer))
