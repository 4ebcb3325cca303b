"""gateway/rooms/private_room.py, gateway/rooms/sessions.py: members hear without a join."""

import pytest

from common import messages as m
from gateway.chat.limits import ChatLimits
from tests.support.events import messages
from tests.support.gateway_playbook import (
    Gateway,
    Step,
    acked,
    answers_page,
    broadcasts,
    closes,
    connects,
    does,
    has_seen_all,
    hears,
    joins,
    lets_in,
    play,
    relinks,
    said,
    steps,
    tells_heads,
)
from tests.support.gateway_rig import EPOCH, Turns

ROOM = "@secret"
BOTH = ["u-ann", "u-bob"]


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def comes(person: str, floor: int | None = None) -> Step:
    """Somebody joins, and the ack tells this head of the private room."""
    private = {} if floor is None else {ROOM: floor}
    return steps(joins(person), lets_in(person, head=0, private=private), has_seen_all(person))


def written(first: int, last: int | None = None) -> Step:
    """The messages of these Seqs are published to Ann and Bob, in their private room."""
    return said(first, last, room=ROOM, to=BOTH)


def test_only_sockets_of_members_get_a_private_event(gateway: Gateway) -> None:
    play(
        gateway,
        *(comes(person) for person in ("ann", "bob", "eve")),
        written(1),
        hears("ann", 1),
        hears("bob", 1),
        hears("eve"),
    )


def test_each_socket_gets_the_events_above_its_own_floor(gateway: Gateway) -> None:
    play(
        gateway,
        comes("ann", floor=4),
        written(5),
        comes("bob", floor=6),
        written(6, 7),
        hears("ann", 5, 6, 7),
        hears("bob", 7),
    )


def test_events_published_before_the_ack_are_caught_up_with(gateway: Gateway) -> None:
    play(
        gateway,
        comes("ann", floor=4),
        written(5, 6),
        joins("bob"),
        lets_in("bob", head=0, private={ROOM: 5}),
        hears("bob", 6),
    )


def test_a_broadcast_that_overtakes_the_answer_to_a_join_is_not_missed(gateway: Gateway) -> None:
    play(
        gateway,
        comes("ann", floor=0),
        joins("bob"),
        written(1),
        lets_in("bob", head=0, private={}),
        answers_page(messages(1, 1), room=ROOM, to=BOTH),
        written(2),
        hears("ann", 1, 2),
        hears("bob", 1, 2),
    )


def test_an_overtaking_broadcast_tells_the_floor_of_a_conversation_that_came_back(
    gateway: Gateway,
) -> None:
    news = m.Happened(
        term=1, epoch=EPOCH, room=ROOM, events=messages(5, 5), to=BOTH, floors={"u-bob": 4}
    )
    play(
        gateway,
        comes("ann", floor=4),
        joins("bob"),
        broadcasts(news),
        lets_in("bob", head=0, private={}),
        answers_page(messages(5, 5), room=ROOM, to=BOTH),
        hears("bob", 5),
    )


def test_a_beacon_for_an_unknown_private_room_asks_for_its_members(gateway: Gateway) -> None:
    play(
        gateway,
        comes("ann"),
        comes("eve"),
        broadcasts(m.Beacon(term=1, beat=1, epoch=EPOCH, heads={ROOM: 2})),
        answers_page(messages(2, 2), room=ROOM, to=BOTH),
        answers_page(messages(1, 2), room=ROOM, to=BOTH),
        hears("ann", 1, 2),
        hears("eve"),
    )


def test_a_missed_event_reaches_the_member_whose_first_event_it_is(gateway: Gateway) -> None:
    """Bob did not have the conversation in his list when he came."""
    play(
        gateway,
        comes("ann", floor=0),
        written(1),
        comes("bob"),
        broadcasts(m.Beacon(term=1, beat=1, epoch=EPOCH, heads={ROOM: 2})),
        answers_page(messages(2, 2), room=ROOM, to=BOTH),
        answers_page(messages(2, 2), room=ROOM, after=1, to=BOTH),
        hears("ann", 1, 2),
        hears("bob", 1, 2),
    )


def test_a_member_who_came_after_heads_were_asked_for_gets_the_event_that_they_show(
    gateway: Gateway,
) -> None:
    """The room is open for ann; the broadcast of its first event was lost."""
    play(
        gateway,
        comes("ann"),
        broadcasts(m.Typing(term=1, room=ROOM, users={}, to=["u-ann"])),
        relinks(),
        comes("bob"),
        tells_heads({ROOM: 1}, about=["ann"], members={ROOM: ["ann"]}),
        answers_page(messages(1, 1), room=ROOM, after=0),
        answers_page(messages(1, 1), room=ROOM, to=BOTH),
        hears("ann", 1),
        hears("bob", 1),
    )


def test_a_join_with_since_brings_the_missed_events(gateway: Gateway) -> None:
    play(
        gateway,
        comes("ann", floor=6),
        joins("ann", ROOM, since=4),
        lets_in("ann", ROOM, head=6, recovered=True),
        acked("ann", recovered=True),
        answers_page(messages(5, 6), room=ROOM, after=4, to=BOTH),
        written(7),
        hears("ann", 5, 6, 7),
    )


def test_a_socket_that_was_sent_newer_events_starts_over_rather_than_out_of_order(
    gateway: Gateway,
) -> None:
    play(
        gateway,
        comes("ann", floor=6),
        written(7),
        joins("ann", ROOM, since=4),
        lets_in("ann", ROOM, head=7, recovered=True),
        acked("ann", recovered=False),
    )


def test_private_events_wait_until_the_joins_of_the_handshake_are_answered(
    gateway: Gateway,
) -> None:
    wanted = [{"room": "tea"}, {"room": ROOM, "since": {"Epoch": EPOCH, "Seq": 4}}]
    play(
        gateway,
        connects("ann", {"token": "0123456789-abcdefghijk", "user": "ann", "join": wanted}),
        lets_in("ann", head=0, private={ROOM: 6}),
        written(7),
        hears("ann"),
        lets_in("ann", ROOM, head=7, recovered=True),
        answers_page(messages(5, 7), room=ROOM, after=4, to=BOTH),
        hears("ann", 5, 6, 7),
    )


def test_a_private_room_without_members_here_is_forgotten(gateway: Gateway) -> None:
    play(gateway, comes("ann", floor=0), written(1))
    assert gateway.chat.rooms.names(private=True) == [ROOM]
    play(gateway, closes("ann"))
    assert gateway.chat.rooms.names(private=True) == []


def test_a_socket_that_comes_while_events_are_queued_gets_each_above_its_floor_once() -> None:
    loop = Turns()
    gateway = Gateway(loop, ChatLimits(chunk_sockets=1))
    everybody = [f"u-p{n}" for n in range(8)]
    early = [f"p{n}" for n in range(5)]
    play(
        gateway,
        *(comes(person, floor=3) for person in early),
        said(4, room=ROOM, to=everybody),
        does(loop.turn),
        said(5, room=ROOM, to=everybody),
        comes("p5", floor=3),
        comes("p6", floor=4),
        comes("p7", floor=5),
        does(loop.run),
        said(6, room=ROOM, to=everybody),
        does(loop.run),
        *(hears(person, 4, 5, 6) for person in early),
        hears("p5", 4, 5, 6),
        hears("p6", 5, 6),
        hears("p7", 6),
    )


def test_a_socket_that_was_sent_nothing_of_the_queue_can_still_recover() -> None:
    loop = Turns()
    play(
        Gateway(loop),
        comes("ann", floor=6),
        written(7),
        joins("ann", ROOM, since=4),
        lets_in("ann", ROOM, head=7, recovered=True),
        acked("ann", recovered=True),
        does(loop.run),
        answers_page(messages(5, 7), room=ROOM, after=4, to=BOTH),
        does(loop.run),
        hears("ann", 5, 6, 7),
    )
