"""broker.handlers.timers, broker.handlers.call and the agenda of broker.model.rooms: what is due
is published in time, and costs little."""

from broker.effects import RoomFact
from broker.handlers.timers import ROOMS_A_TICK
from broker.model.rooms import RoomTable
from common.messages import Join, Presence, Say, Type
from common.settings import Settings
from tests.support.broker_playbook import (
    Chat,
    beacon,
    hello,
    joins,
    key_of,
    nothing_else,
    play,
    presence,
    seconds,
    typing,
)


def test_a_room_is_due_when_it_has_something_to_publish() -> None:
    rooms = RoomTable(Settings(), 1)
    tea = rooms.load(RoomFact("tea", "public", 0), 0.0)
    tea.enter("u1", "ann", 1.0, 0.0)
    rooms.on_count_change(tea, 0, 1.0)
    rooms.touch(tea, 1.0)
    assert rooms.take_due(1.05, 9) == []
    tea.set_typing("u1", "ann", True, 1.1)
    rooms.touch(tea, 1.1)
    assert rooms.take_due(1.1, 9) == [tea], "typing is told at once"
    assert tea.typists.take(1.1) == {"u1": "ann"}
    rooms.plan(tea)
    assert rooms.take_due(1.2, 9) == []
    assert rooms.take_due(1.25, 9) == [tea], "presence is gathered"
    assert tea.presence.take(1, 1.25) is not None
    rooms.plan(tea)
    assert rooms.take_due(7.0, 9) == []
    assert rooms.take_due(7.1, 9) == [tea], "nobody types for ever"
    assert tea.typists.take(7.1) == {}
    rooms.plan(tea)
    assert rooms.take_due(1000.0, 9) == []


def test_nobody_waits_long_for_very_many_rooms() -> None:
    chat = Chat()
    play(chat, hello())
    rooms = 2 * ROOMS_A_TICK + 10
    for number in range(rooms):
        key = key_of(str(number))
        chat.do(Join(no=0, sid=f"s{number}", key=key, room=f"r{number}", user=f"u{number}"))
    told = []
    for _ in range(8):
        chat.seen.clear()
        chat.wait(0.05)
        told.append(sum(isinstance(getattr(one, "message", None), Presence) for one in chat.seen))
    assert sum(told) == rooms
    assert max(told) == ROOMS_A_TICK


def test_a_pause_of_presence_does_not_hold_typing() -> None:
    chat = Chat()
    play(chat, hello(), hello("g2"), joins("ann"), joins("bob", gateway="g2"), seconds(1))
    chat.open()
    play(chat, hello(), joins("ann"), joins("cid"), seconds(1))
    chat.do(Type(no=0, sid="cid", room="lobby", typing=True))
    play(chat, seconds(1), typing("lobby", "cid"), nothing_else())
    play(chat, seconds(14), typing("lobby"), presence(joined=["cid"], count=3), nothing_else())


def test_a_beacon_has_the_gateway_s_rooms_whether_few_or_many_have_changed() -> None:
    chat = Chat()
    play(chat, hello(), hello("g2"), joins("ann", "a"), joins("bob", "b", gateway="g2"))
    for room in "cdefg":
        play(chat, joins("ann", room))
    play(chat, seconds(5))
    chat.do(Say(no=0, sid="bob", room="b", text="x", id="1"), "g2")
    play(chat, seconds(1.05), beacon("g2", b=2), beacon("g1"))
    play(chat, seconds(3))
    for room in "acdefg":
        chat.do(Say(no=0, sid="ann", room=room, text="x", id="1"))
    play(chat, seconds(1.05), beacon("g1", a=2, c=2, d=2, e=2, f=2, g=2), beacon("g2"))
