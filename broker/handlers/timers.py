"""Timers: what the broker does without a command. Leases and graces end; presence, typing and
beacons are published; what is not in use is evicted from memory."""

from collections.abc import Collection

from broker.handlers import presence_updates
from broker.handlers.call import Update
from broker.handlers.membership import drop, leave_room
from broker.model.presence import GATHER_S
from common.messages import Beacon, Typing, gateway_topic, typing_topic
from common.names import SYSTEM

DROPS = 500
"""The most sessions that one tick ends. The next ticks end the others, so that commands never wait
for long."""
ROOMS_A_TICK = 1000
"""The most rooms whose presence and typing one tick publishes, for the same reason."""
BEACON_S = 1.0
BEACON_ROOMS = 5000
"""The most heads in one beacon; further ones are in more beacons of the same second."""


def end_sessions(update: Update) -> None:
    """Ends the sessions of orphaned gateways and lost sessions when their graces are over, and lets
    sessions leave the rooms that their gateways have not confirmed."""
    directory = update.state.directory
    remaining = DROPS
    for gateway in directory.gateways.expire(update.now):
        for session in list(gateway.sessions.values())[:remaining]:
            drop(update, session)
            remaining -= 1
    for session in directory.expired_lost(update.now, remaining):
        drop(update, session)
    for session, name in directory.expired_unconfirmed(update.now, DROPS):
        leave_room(update, session, session.person, name)
        update.write(session.row())


def publish_rooms(update: Update) -> None:
    """Publishes presence and typing of the rooms that are due. While presence is paused, it waits
    for a later tick."""
    state = update.state
    for room in state.rooms.take_due(update.now, ROOMS_A_TICK):
        room.end_crowd_if_calm(update.now)
        if not state.presence_paused:
            presence_updates.publish(update, room)
        users = room.typists.take(update.now)
        if users is not None:
            # To all members: typing, unlike a message, does not bring the room into a list.
            to = list(room.members)
            floors = room.floors | dict.fromkeys(room.unlisted, room.head)
            typing = Typing(term=state.term, room=room.name, users=users, to=to, floors=floors)
            topics = [typing_topic(room.name)]
            if room.private:
                topics = [gateway_topic(id) for id in state.directory.gateways_of(to)]
            for topic in topics:
                update.publish(topic, typing)
        state.rooms.plan(room, update.now + GATHER_S if state.presence_paused else update.now)


def publish_beacons(update: Update) -> None:
    """Publishes to each gateway which of the rooms that its sockets are in have changed lately,
    with their heads, and whose sockets were kicked."""
    state = update.state
    changed = state.rooms.take_changed()
    private: dict[str, list[str]] = {}
    for room in changed.values():
        if room.private:
            for id in state.directory.gateways_of(room.listed):
                private.setdefault(id, []).append(room.name)
    for gateway in state.directory.gateways.linked():
        fewer: Collection[str] = gateway.rooms
        more: Collection[str] = changed
        if len(fewer) > len(more):
            fewer, more = more, fewer
        names = [name for name in fewer if name in more] + private.get(gateway.id, [])
        if SYSTEM in changed:
            names.append(SYSTEM)
        heads = [(name, changed[name].head) for name in names]
        kicked = list(gateway.kicked)
        gateway.kicked = {sid: times - 1 for sid, times in gateway.kicked.items() if times > 1}
        for start in range(0, max(1, len(heads)), BEACON_ROOMS):
            gateway.beat += 1
            beacon = Beacon(
                term=state.term,
                beat=gateway.beat,
                epoch=state.epoch,
                heads=dict(heads[start : start + BEACON_ROOMS]),
                kicked=kicked,
            )
            update.publish(gateway_topic(gateway.id), beacon)


def evict(update: Update) -> None:
    """Forgets what is not in use and is in the store as well."""
    state = update.state
    clean_before = state.ledger.clean_before()
    state.uncommitted.forget(clean_before)
    state.directory.release_names(update.now, clean_before)
    state.directory.people.evict(update.now, clean_before)
    state.rooms.evict(update.now, clean_before)
    state.facts.forget(update.now)
