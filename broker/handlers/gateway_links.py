"""The links to gateways: hello and bye, the people of a gateway, marks and heads."""

from broker.effects import Need, NeedIdentity, NeedRoom
from broker.handlers.call import Call
from broker.handlers.membership import call_person, drop, enter_room, make_room, mark_lost
from broker.model.records import Gateway, GatewayEvent, Person, Session
from common.errors import Refused
from common.messages import (
    WIRE,
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

_EVENTS_PREFIX = events_topic("").removesuffix("\0")


def hello(call: Call, command: Hello) -> None:
    """The first command on a link, of a gateway or a script."""
    state = call.state
    if command.wire != WIRE:
        raise Refused("bad_request", f"this broker speaks wire {WIRE}, not {command.wire}")
    if command.gateway:
        state.directory.gateways.bind(call.peer, command.gateway, command.proof, call.now)
    advertised, lease_s = state.settings.events_advertise, state.settings.lease
    call.answer(Welcome, epoch=state.epoch, events=advertised, lease_s=lease_s)


def bye(call: Call) -> None:
    """The gateway stops. Its people may come back by another one."""
    call.state.directory.gateways.unbind(call.gateway(), call.now)
    call.done()


def beat(call: Call) -> None:
    """The gateway is alive, and has nothing else to send."""
    call.gateway()
    call.done()


# --- registration --------------------------------------------------------------------------------


def needs_of_register(command: Register) -> list[Need]:
    needs: dict[Need, None] = {}
    for info in command.sessions:
        needs[NeedIdentity(info.uid)] = None
        for name in info.rooms:
            needs[NeedRoom(name)] = None
    return list(needs)


def register(call: Call, command: Register) -> None:
    """One batch of a gateway's sockets, as the gateway knows them. The difference to what is known
    here is applied. After the last batch, sockets that were not named count as lost."""
    state = call.state
    gateway = call.gateway()
    state.require(needs_of_register(command))
    gateway.on(GatewayEvent.REGISTER)
    for info in command.sessions:
        person = state.directory.people.get(info.uid)
        if person is None:
            continue  # of another store: the socket is answered not_joined, and joins again
        if person.banned:
            continue  # the gateway learns that from `heads`, once it gets broadcasts
        gateway.named.add(info.sid)
        _register_session(call, gateway, person, info)
    if command.last:
        for session in [s for s in gateway.sessions.values() if s.sid not in gateway.named]:
            session.unnamed = True
            for name in session.rooms:
                state.directory.mark_unconfirmed(session, name, call.now)
            mark_lost(call, session)
        gateway.on(GatewayEvent.LAST_REGISTER)
    call.done()


def _register_session(call: Call, gateway: Gateway, person: Person, info: SessionInfo) -> None:
    """Connects the session or marks it as found, and lets it enter the rooms that it is in by the
    gateway's knowledge. Its other rooms are unconfirmed."""
    directory = call.state.directory
    session = gateway.sessions.get(info.sid)
    if session is not None and session.uid != info.uid:
        drop(call, session)
        session = None
    if session is None:
        call_person(call, person, directory.names.choose(person.name, person.uid, person.name))
        session = directory.connect(gateway, info.sid, person, info.plain)
    else:
        directory.mark_found(session)
        for name in session.rooms:
            if name in info.rooms:
                directory.confirm(session, name)
            else:
                directory.mark_unconfirmed(session, name, call.now)
        if session.rooms.keys() >= set(info.rooms):
            return
    for name in info.rooms:
        if name not in session.rooms:
            _enter_if_allowed(call, session, name)
    call.write(session.row())


def _enter_if_allowed(call: Call, session: Session, name: str) -> None:
    state = call.state
    if len(session.rooms) >= state.settings.socket_rooms:
        return
    room = state.rooms.get(name)
    if is_private(name):
        if room is None or session.uid not in room.members:
            return
    elif not _is_public(name):
        return
    if room is None:
        room = make_room(call, name)
    enter_room(call, session, session.person, room)


def _is_public(name: str) -> bool:
    """Whether this is the exact name of a public room that can be joined."""
    try:
        return room_key(name) == name != SYSTEM
    except Refused:
        return False


# --- marks and heads -----------------------------------------------------------------------------


def needs_of_take_up(command: TakeUp) -> list[Need]:
    return [NeedRoom(name) for name in map(_room_of, command.topics) if name]


def take_up(call: Call, command: TakeUp) -> None:
    """Publishes a mark on each topic. The broadcasts of a topic keep their order, so every event up
    to the mark's head is published before the mark."""
    state = call.state
    call.gateway()
    state.require(needs_of_take_up(command))
    for topic in command.topics:
        room = state.rooms.get(_room_of(topic))
        marked = Marked(
            term=state.term,
            topic=topic,
            nonce=command.nonce,
            epoch=state.epoch,
            head=room.head if room else 0,
        )
        call.publish(topic, marked)
    call.done()


def _room_of(topic: str) -> str:
    """The room whose events this topic carries; empty for another topic."""
    if topic.startswith(_EVENTS_PREFIX) and topic.endswith("\0"):
        return topic[len(_EVENTS_PREFIX) : -1]
    return ""


def needs_of_heads(command: GetHeads) -> list[Need]:
    rooms: list[Need] = [NeedRoom(name) for name in command.rooms]
    return rooms + [NeedIdentity(uid) for uid in command.people]


def heads(call: Call, command: GetHeads) -> None:
    """The heads of rooms, and of the private rooms of people who are connected at this gateway;
    and which of the people are banned."""
    state = call.state
    gateway = call.gateway()
    state.require(needs_of_heads(command))
    banned: list[str] = []
    heads: dict[str, int] = {}
    members: dict[str, list[str]] = {}
    for uid in command.people:
        person = state.directory.people.get(uid)
        if person is not None and person.banned:
            banned.append(uid)
        elif person is not None and gateway.id in person.gateways:
            for name, head in person.private_rooms.items():
                if head:
                    heads[name] = head
                    members.setdefault(name, []).append(uid)
    for name in command.rooms:
        room = state.rooms.get(name)
        heads[name] = room.head if room else 0
    call.answer(HeadsTold, heads=heads, members=members, banned=banned)
