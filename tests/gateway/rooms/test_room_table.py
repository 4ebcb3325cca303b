"""gateway/rooms/room_table.py: rooms are opened when needed, and closed when empty."""

import gc
import weakref

from common import messages as m
from tests.support.gateway_rig import Rig


def test_a_room_without_people_is_unsubscribed() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    assert m.events_topic("tea") in rig.broker.topics
    rig.chat.gone(ann.socket, left=True)
    rig.pass_time(0.2)
    rig.pass_time(6.0)
    assert [topic for topic in rig.broker.topics if "/tea" in topic] == []
    assert m.events_topic("system") in rig.broker.topics


def test_a_closed_room_leaves_nothing_to_the_garbage_collector() -> None:
    """Its tail would be kept for ever: a large gateway never collects what has lived for long."""
    rig = Rig()
    ann = rig.seated("ann")
    room = weakref.ref(rig.room("tea"))
    gc.collect()
    gc.disable()
    try:
        rig.chat.gone(ann.socket, left=True)
        rig.pass_time(0.2)
        rig.pass_time(6.0)
        assert room() is None
    finally:
        gc.enable()
