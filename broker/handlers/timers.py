"""What happens when nothing is asked: leases and graces end, presence and beacons go out. Pure."""

from collections.abc import Collection

from broker.effects import Effect, Publish
from broker.handlers import presence_updates
from broker.handlers.membership import drop, leave_seat
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


def end_sessions(house: State, at: Moment, out: list[Effect]) -> None:
    """Of gateways that are gone, and lost connections that did not come back."""
    left = DROPS
    for gateway in house.directory.gateways.expire(at.now):
        for session in list(gateway.sessions.values())[:left]:
            drop(house, session, at, out)
            left -= 1
    for session in house.directory.lost_for_good(at.now, left):
        drop(house, session, at, out)
    for session, name in house.directory.doubted_for_good(at.now, DROPS):
        leave_seat(house, session, session.person, name, at, out)
        out.append(session_row(session))


def tell_rooms(house: State, at: Moment, out: list[Effect]) -> None:
    """Presence and typing; in a quiet time presence waits."""
    for room in house.rooms.due(at.now, LOOKS):
        room.calm(at.now)
        if not house.quiet:
            presence_updates.presence(house, room, at, out)
        users = room.typists.take(at.now)
        if users is not None:
            to = list(room.members)  # who is typing leaves no trace in a list
            floors = room.floors | dict.fromkeys(room.unlisted, room.head)
            typing = Typing(term=house.term, room=room.name, users=users, to=to, floors=floors)
            topics = [typing_topic(room.name)]
            if room.private:
                topics = [gateway_topic(id) for id in house.directory.gateways_of(to)]
            out += [Publish(topic, typing) for topic in topics]
        house.rooms.plan(room, at.now + GATHER_S if house.quiet else at.now)


def beacons(house: State, out: list[Effect]) -> None:
    """To each gateway what changed lately: the heads of rooms that it has sockets in, and who was
    kicked."""
    changed = house.rooms.changed_lately()
    private: dict[str, list[str]] = {}
    for room in changed.values():
        if room.private:
            for id in house.directory.gateways_of(room.listed):
                private.setdefault(id, []).append(room.name)
    for gateway in house.directory.gateways.bound():
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
                term=house.term,
                beat=gateway.beat,
                epoch=house.epoch,
                heads=some,
                kicked=kicked,
            )
            out.append(Publish(gateway_topic(gateway.id), beacon))


def forget(house: State, at: Moment) -> None:
    """Whoever and whatever is at rest lives in the store only."""
    clean_before = house.ledger.clean_before()
    house.recent.forget(clean_before)
    house.directory.free_names(at.now, clean_before)
    house.directory.people.forget(at.now, clean_before)
    house.rooms.forget(at.now, clean_before)
    house.facts.forget(at.now)
