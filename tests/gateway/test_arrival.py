"""gateway/arrival.py, gateway/lines.py: a socket gets what it has not, in order, then hears."""

import pytest

from common import messages as m
from gateway.lines import newest
from tests.gateway.rig import EPOCH, Rig, message, messages


def joins_since(rig: Rig, seq: int, head: int):
    bob = rig.browser()
    bob.asks("join", {"user": "bob", "room": "tea", "since": {"Epoch": EPOCH, "Seq": seq}})
    rig.let_in("bob", head=head, recovered=True)
    return bob


def test_exactly_what_was_missed() -> None:
    rig = Rig()
    rig.seated("ann", head=9)
    assert joins_since(rig, 6, head=9).lines() == [7, 8, 9]


def test_what_the_tail_has_not_is_asked_for_page_by_page() -> None:
    rig = Rig(replay_events=2)
    rig.seated("ann", head=9)
    rig.happens(*messages(10, 30))
    bob = joins_since(rig, 5, head=30)
    assert rig.page(messages(6, 15), more=True).after == 5
    assert rig.page(messages(16, 30)).after == 15
    assert bob.lines() == list(range(6, 31))


def test_events_that_come_meanwhile_wait_their_turn() -> None:
    rig = Rig(replay_events=2)
    rig.seated("ann", head=9)
    rig.happens(*messages(10, 20))
    bob = joins_since(rig, 5, head=20)
    rig.happens(message(21))
    assert bob.lines() == []
    rig.page(messages(6, 20))
    assert bob.lines() == list(range(6, 22))
    rig.happens(message(22))
    assert bob.lines() == [22]


def test_a_join_whose_event_is_on_its_way_waits_for_it() -> None:
    rig = Rig()
    ann = rig.seated("ann", head=3)
    bob = joins_since(rig, 3, head=5)
    assert bob.lines() == []
    rig.happens(*messages(4, 5))
    assert (ann.lines(), bob.lines()) == ([4, 5], [4, 5])


def test_the_newest_page_counts_back_from_the_own_join() -> None:
    rig = Rig(replay=2)
    rig.seated("ann", head=9)
    bob = rig.browser()
    bob.asks("join", {"user": "bob", "room": "tea"})
    rig.happens(*messages(10, 14))
    rig.let_in("bob", head=10)
    assert bob.lines() == [9, 10, 11, 12, 13, 14]


def test_a_page_that_did_not_come_is_asked_for_again() -> None:
    rig = Rig(replay_events=2)
    rig.seated("ann", head=9)
    rig.happens(*messages(10, 20))
    bob = joins_since(rig, 5, head=20)
    rig.broker.answer(m.Page, None)
    rig.pass_time(0.2)
    rig.page(messages(6, 20))
    assert bob.lines() == list(range(6, 21))


@pytest.mark.parametrize("epoch", [EPOCH, "e2"])
def test_a_page_that_was_asked_for_in_an_epoch_that_is_over_is_not_shown(epoch: str) -> None:
    """It is of the old log; or of the new one, with the bounds of the old."""
    rig = Rig(replay=10, replay_events=10)
    rig.seated("ann", head=9)
    bob = rig.browser()
    bob.asks("join", {"user": "bob", "room": "tea"})
    rig.happens(*messages(10, 40))
    rig.let_in("bob", head=20)
    asked, answered = rig.broker.take(m.Page)
    assert asked.before == 21
    rig.link("e2", head=60)
    rig.page(messages(1, 60))  # of the announcements
    bob.hears()
    rig.page(messages(41, 60))
    assert [name for name, _ in bob.hears()] == ["reset"]
    late = m.Paged(
        term=1, no=asked.no, room="tea", epoch=epoch, head=60, events=messages(10, 20), more=True
    )
    answered(late)
    rig.pass_time(0.2)
    assert bob.lines() == list(range(51, 61))


def test_newcomers_are_shown_back_to_the_nth_last_message() -> None:
    joined = m.Event(seq=4, kind="join", user="bob", timestamp=1.0)
    log = [*messages(1, 3), joined, message(5)]
    assert [e.seq for e in newest(log, 2, 10)] == [3, 4, 5]
    assert [e.seq for e in newest(log, 9, 10)] == [1, 2, 3, 4, 5]
    assert [e.seq for e in newest(log, 9, 2)] == [4, 5]
    assert newest(log, 0, 10) == []
