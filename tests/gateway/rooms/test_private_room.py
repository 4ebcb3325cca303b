"""gateway/rooms/private_room.py, gateway/rooms/sessions.py: members hear without a join."""

from common import messages as m
from tests.support.events import message, messages
from tests.support.gateway_rig import EPOCH, Browser, Rig, Turns

ROOM = "@secret"
BOTH = ["u-ann", "u-bob"]


def comes(rig: Rig, user: str, floor: int | None = None) -> Browser:
    """Somebody whose first ack told this head of the private room."""
    browser = rig.browser()
    browser.asks("join", {"user": user, "room": "tea"})
    rig.let_in(user, head=0, private={} if floor is None else {ROOM: floor})
    browser.hears()
    return browser


def test_only_sockets_of_members_hear_it() -> None:
    rig = Rig()
    ann, bob, eve = comes(rig, "ann"), comes(rig, "bob"), comes(rig, "eve")
    rig.happens(message(1), room=ROOM, to=BOTH)
    assert (ann.lines(), bob.lines(), eve.lines()) == ([1], [1], [])


def test_each_socket_hears_what_is_above_its_own_floor() -> None:
    rig = Rig()
    ann = comes(rig, "ann", floor=4)
    rig.happens(message(5), room=ROOM, to=BOTH)
    late = comes(rig, "bob", floor=6)
    rig.happens(message(6), message(7), room=ROOM, to=BOTH)
    assert (ann.lines(), late.lines()) == ([5, 6, 7], [7])


def test_what_was_published_before_the_ack_came_is_caught_up_with() -> None:
    rig = Rig()
    comes(rig, "ann", floor=4)
    rig.happens(message(5), message(6), room=ROOM, to=BOTH)
    bob = rig.browser()
    bob.asks("join", {"user": "bob", "room": "tea"})
    rig.let_in("bob", head=0, private={ROOM: 5})
    assert bob.lines() == [6]


def test_a_beacon_for_a_room_that_is_news_here_asks_who_its_members_are() -> None:
    rig = Rig()
    ann, eve = comes(rig, "ann"), comes(rig, "eve")
    rig.chat.on_broadcast("", m.Beacon(term=1, beat=1, epoch=EPOCH, heads={ROOM: 2}))
    while rig.broker.of(m.GetPage)[0].room != ROOM:
        rig.page([])
    rig.page(messages(2, 2), to=BOTH)
    rig.page(messages(1, 2), to=BOTH)
    assert (ann.lines(), eve.lines()) == ([1, 2], [])


def test_a_join_with_since_brings_what_was_missed() -> None:
    rig = Rig()
    ann = comes(rig, "ann", floor=6)
    ann.asks("join", {"room": ROOM, "since": {"Epoch": EPOCH, "Seq": 4}})
    rig.let_in("ann", ROOM, head=6, recovered=True)
    assert ann.acks[-1]["recovered"] is True
    while rig.broker.of(m.GetPage)[0].after != 4:
        rig.page([])
    rig.page(messages(5, 6), to=BOTH)
    rig.happens(message(7), room=ROOM, to=BOTH)
    assert ann.lines() == [5, 6, 7]


def test_who_was_sent_newer_lines_starts_over_rather_than_out_of_order() -> None:
    rig = Rig()
    ann = comes(rig, "ann", floor=6)
    rig.happens(message(7), room=ROOM, to=BOTH)
    ann.asks("join", {"room": ROOM, "since": {"Epoch": EPOCH, "Seq": 4}})
    rig.let_in("ann", ROOM, head=7, recovered=True)
    assert ann.acks[-1]["recovered"] is False


def test_while_the_handshakes_joins_are_answered_private_lines_wait() -> None:
    rig = Rig()
    joins = [{"room": "tea"}, {"room": ROOM, "since": {"Epoch": EPOCH, "Seq": 4}}]
    ann = rig.browser({"token": "0123456789-abcdefghijk", "user": "ann", "join": joins})
    rig.let_in("ann", head=0, private={ROOM: 6})
    rig.happens(message(7), room=ROOM, to=BOTH)
    assert ann.lines() == []
    rig.let_in("ann", ROOM, head=7, recovered=True)
    while rig.broker.of(m.GetPage)[0].after != 4:
        rig.page([])
    rig.page(messages(5, 7), to=BOTH)
    assert ann.lines() == [5, 6, 7]


def test_an_inbox_without_members_here_is_forgotten() -> None:
    rig = Rig()
    ann = comes(rig, "ann", floor=0)
    rig.happens(message(1), room=ROOM, to=BOTH)
    assert rig.chat.rooms.names(private=True) == [ROOM]
    rig.chat.gone(ann.socket, left=False)
    assert rig.chat.rooms.names(private=True) == []


def test_who_comes_while_lines_wait_for_their_pass_hears_what_is_above_its_floor_once() -> None:
    loop = Turns()
    rig = Rig(loop)
    rig.chat.context.chunk_sockets = 1
    early = [comes(rig, f"p{n}", floor=3) for n in range(5)]
    everybody = [f"u-p{n}" for n in range(8)]
    rig.happens(message(4), room=ROOM, to=everybody)
    loop.turn()
    rig.happens(message(5), room=ROOM, to=everybody)
    late = [comes(rig, f"p{5 + n}", floor=floor) for n, floor in enumerate((3, 4, 5))]
    loop.run()
    rig.happens(message(6), room=ROOM, to=everybody)
    loop.run()
    assert [browser.lines() for browser in early] == [[4, 5, 6]] * 5
    assert [browser.lines() for browser in late] == [[4, 5, 6], [5, 6], [6]]


def test_who_was_sent_nothing_yet_of_what_waits_can_still_recover() -> None:
    loop = Turns()
    rig = Rig(loop)
    ann = comes(rig, "ann", floor=6)
    rig.happens(message(7), room=ROOM, to=BOTH)
    ann.asks("join", {"room": ROOM, "since": {"Epoch": EPOCH, "Seq": 4}})
    rig.let_in("ann", ROOM, head=7, recovered=True)
    assert ann.acks[-1]["recovered"] is True
    loop.run()
    while rig.broker.of(m.GetPage):
        asked = rig.broker.of(m.GetPage)[0]
        rig.page(messages(asked.after + 1, 7) if asked.room == ROOM else [], to=BOTH)
        loop.run()
    assert ann.lines() == [5, 6, 7]
