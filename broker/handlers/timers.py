"""What happens when nothing is asked: leases and graces end, presence and beacons go out. Pure."""

from collections.abc import Collection

from broker.effects import Effect, Publish
from broker.handlers import presence_updates
from broker.handlers.membership import drop, leave_room
from broker.model.directory import session_row
from broker.model.presence import GATHER_S
from broker.model.state import Moment, State
from common.messages import (
    Beacon,
    Typing,
    gateway_topic,
    typing_topic,
)
from common.names import SYSTEM

DROPS = 500
"""Sockets dropped in one tick: the others go in the next ones, so that answers never wait long."""
LOOKS = 1000
"""Rooms whose presence and typing are looked at in one tick, for the same reason."""
BEACON_S = 1.0
BEACON_ROOMS = 5000


def end_sessions(state: State, at: Moment, out: list[Effect]) -> None:
    """Of gateways that are gone, and lost connections that did not come back."""
    left = DROPS
    for gateway in state.directory.gateways.expire(at.now):
        for session in list(gateway.sessions.values())[:left]:
            drop(state, session, at, out)
            left -= 1
    for session in state.directory.expired_lost(at.now, left):
        drop(state, session, at, out)
    for session, name in state.directory.expired_unconfirmed(at.now, DROPS):
        leave_room(state, session, session.person, name, at, out)
        out.append(session_row(session))


def tell_rooms(state: State, at: Moment, out: list[Effect]) -> None:
    """Presence and typing; in a quiet time presence waits."""
    for room in state.rooms.due(at.now, LOOKS):
        room.calm(at.now)
        if not state.presence_paused:
            presence_updates.presence(state, room, at, out)
        users = room.typists.take(at.now)
        if users is not None:
            to = list(room.members)  # who is typing leaves no trace in a list
            floors = room.floors | dict.fromkeys(room.unlisted, room.head)
            typing = Typing(term=state.term, room=room.name, users=users, to=to, floors=floors)
            topics = [typing_topic(room.name)]
            if room.private:
                topics = [gateway_topic(id) for id in state.directory.gateways_of(to)]
            out += [Publish(topic, typing) for topic in topics]
        state.rooms.plan(room, at.now + GATHER_S if state.presence_paused else at.now)


def beacons(state: State, out: list[Effect]) -> None:
    """To each gateway what changed lately: the heads of rooms that it has sockets in, and who was
    kicked."""
    changed = state.rooms.changed_lately()
    private: dict[str, list[str]] = {}
    for room in changed.values():
        if room.private:
            for id in state.directory.gateways_of(room.listed):
                private.setdefault(id, []).append(room.name)
    for gateway in state.directory.gateways.bound():
        few: Collection[str] = gateway.rooms
        many: Collection[str] = changed
        if len(few) > len(many):
            few, many = many, few
        names = [name for name in few if name in many] + private.get(gateway.id, [])
        if SYSTEM in changed:
            names.append(SYSTEM)
        heads = [(name, changed[name].head) for name in names]
        kicked = list(gateway.kicked)
        gateway.kicked = {sid: left - 1 for sid, left in gateway.kicked.items() if left > 1}
        for start in range(0, max(1, len(heads)), BEACON_ROOMS):
            gateway.beat += 1
            some = dict(heads[start : start + BEACON_ROOMS])
            beacon = Beacon(
                term=state.term,
                beat=gateway.beat,
                epoch=state.epoch,
                heads=some,
                kicked=kicked,
            )
            out.append(Publish(gateway_topic(gateway.id), beacon))


def forget(state: State, at: Moment) -> None:
    """Whoever and whatever is at rest lives in the store only."""
    clean_before = state.ledger.clean_before()
    state.uncommitted.forget(clean_before)
    state.directory.release_names(at.now, clean_before)
    state.directory.people.forget(at.now, clean_before)
    state.rooms.forget(at.now, clean_before)
    state.facts.forget(at.now)
