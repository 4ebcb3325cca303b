"""gateway/rooms/room.py: a room does what its replica says."""

from common import messages as m
from tests.support.events import message, messages
from tests.support.gateway_playbook import (
    Gateway,
    answers_late,
    answers_page,
    broadcasts,
    delays_page,
    hears,
    is_in,
    links,
    play,
)
from tests.support.gateway_rig import EPOCH, Rig


def test_a_hole_is_filled_before_anything_newer_is_sent() -> None:
    rig = Rig()
    ann = rig.seated("ann", head=3)
    rig.happens(message(6))
    rig.happens(message(7))
    assert ann.lines() == []
    assert rig.page(messages(4, 7)).after == 3
    assert rig.broker.of(m.GetPage) == []
    assert ann.lines() == [4, 5, 6, 7]


def test_a_page_that_did_not_come_is_asked_for_after_a_while() -> None:
    rig = Rig()
    ann = rig.seated("ann", head=3)
    rig.happens(message(6))
    rig.broker.answer(m.GetPage, None)
    assert rig.broker.of(m.GetPage) == []
    rig.pass_time(1.1)
    rig.page(messages(4, 6))
    assert ann.lines() == [4, 5, 6]


def test_a_page_that_did_not_come_is_not_asked_for_again_if_another_was_asked_for() -> None:
    rig = Rig()
    ann = rig.seated("ann", head=3)
    rig.happens(message(6))
    _, give_up = rig.broker.take(m.GetPage)
    rig.link(head=6)
    rig.page(messages(4, 6))  # of the announcements
    ann.hears()
    (anew,) = rig.broker.of(m.GetPage)
    give_up(None)
    rig.pass_time(1.1)
    assert rig.broker.of(m.GetPage) == [anew]
    rig.page(messages(4, 6))
    assert ann.lines() == [4, 5, 6]


def test_a_page_that_did_not_come_is_not_asked_for_again_after_the_last_socket_has_gone() -> None:
    rig = Rig()
    ann = rig.seated("ann", head=3)
    rig.happens(message(6))
    rig.chat.gone(ann.socket, left=True)
    rig.pass_time(0.1)
    rig.pass_time(6.0)
    rig.broker.answer(m.GetPage, None)
    rig.pass_time(1.1)
    assert rig.broker.of(m.GetPage) == []


def test_a_room_does_not_start_over_with_the_events_that_it_missed_of_another_epoch() -> None:
    """The question for them is answered late, by a broker with a restored backup."""
    play(
        Gateway(),
        is_in("ann", head=3),
        broadcasts(m.Beacon(term=1, beat=1, epoch=EPOCH, heads={"tea": 4})),
        delays_page(after=3),
        links("f", head=4),
        answers_late(messages(4, 4), epoch="f"),
        hears("ann"),
        answers_page(messages(1, 4)),
        hears("ann", "reset", 1, 2, 3, 4),
    )


def test_another_epoch_starts_the_room_over() -> None:
    rig = Rig()
    ann = rig.seated("ann", head=3)
    news = m.Happened(term=1, epoch="e2", room="tea", events=[message(2)])
    rig.chat.on_broadcast("", news)
    rig.broker.answer(
        m.GetPage,
        lambda no: m.Paged(
            term=1, no=no, room="tea", epoch="e2", head=2, events=messages(1, 2), more=False
        ),
    )
    rig.pass_time()
    heard = ann.hears()
    assert heard[0] == ("reset", {"Room": "tea", "Epoch": "e2", "Seq": 2})
    assert [payload["Seq"] for name, payload in heard if name == "chat"] == [1, 2]
