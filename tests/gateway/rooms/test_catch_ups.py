"""gateway/rooms/catch_ups.py, gateway/rooms/catch_up.py, gateway/rooms/backfill.py: a socket gets
the events that it lacks, in order, and is then subscribed."""

import pytest

from common import messages as m
from gateway.rooms.catch_up import UNSENT_BYTES
from gateway.rooms.public_room import PublicRoom
from gateway.runtime.work_queue import SLICE_S
from tests.support.events import message, messages
from tests.support.gateway_playbook import (
    Gateway,
    answers_page,
    asked,
    gives_up,
    happens,
    hears,
    is_in,
    joins,
    lets_in,
    play,
    reads_nothing,
    said,
    seconds,
    sheds,
    told,
)
from tests.support.gateway_rig import EPOCH, Browser, Rig, Turns, record_writes


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def joins_since(rig: Rig, seq: int, head: int, user: str = "bob") -> Browser:
    bob = rig.browser()
    bob.asks("join", {"user": user, "room": "tea", "since": {"Epoch": EPOCH, "Seq": seq}})
    rig.let_in(user, head=head, recovered=True)
    return bob


def tea(rig: Rig) -> PublicRoom:
    return rig.chat.rooms.public("tea")


def test_exactly_the_missed_events_are_sent(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=9),
        joins("bob", since=6),
        lets_in("bob", head=9, recovered=True),
        hears("bob", 7, 8, 9),
    )


def test_events_that_the_tail_lacks_are_requested_page_by_page(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=30),
        sheds(),
        joins("bob", since=5),
        lets_in("bob", head=30, recovered=True),
        answers_page(messages(6, 15), after=5, more=True),
        answers_page(messages(16, 30), after=15),
        hears("bob", *range(6, 31)),
    )


def test_events_that_come_meanwhile_wait_their_turn(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=20),
        sheds(),
        joins("bob", since=5),
        lets_in("bob", head=20, recovered=True),
        said(21),
        hears("bob"),
        answers_page(messages(6, 20)),
        hears("bob", *range(6, 22)),
        said(22),
        hears("bob", 22),
    )


def test_a_join_whose_own_event_has_not_come_waits_for_it(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=3),
        joins("bob", since=3),
        lets_in("bob", head=5, recovered=True),
        hears("bob"),
        said(4, 5),
        hears("ann", 4, 5),
        hears("bob", 4, 5),
    )


def test_the_newest_page_counts_back_from_the_own_join() -> None:
    play(
        Gateway(replay=2),
        is_in("ann", head=9),
        joins("bob"),
        said(10, 14),
        lets_in("bob", head=10),
        hears("bob", *range(9, 15)),
    )


def test_a_page_that_did_not_come_is_asked_for_again(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=20),
        sheds(),
        joins("bob", since=5),
        lets_in("bob", head=20, recovered=True),
        gives_up(m.GetPage),
        seconds(1.1),
        answers_page(messages(6, 20), after=5),
        hears("bob", *range(6, 21)),
    )


def test_a_page_that_did_not_come_is_not_asked_for_again_if_nobody_lacks_it() -> None:
    rig = Rig()
    rig.seated("ann", head=20)
    tea(rig).shed()
    bob = joins_since(rig, 5, head=20)
    rig.chat.gone(bob.socket, left=True)
    rig.broker.answer(m.GetPage, None)
    rig.pass_time(1.1)
    assert rig.broker.of(m.GetPage) == []
    cat = joins_since(rig, 5, head=20, user="cat")
    rig.page(messages(6, 20))
    assert cat.lines() == [*range(6, 21)]


@pytest.mark.parametrize(
    ("epoch", "events"),
    [(EPOCH, [message(seq, "old") for seq in range(50, 61)]), ("e2", messages(10, 20))],
)
def test_a_page_that_was_asked_for_in_an_epoch_that_is_over_is_not_shown(
    epoch: str, events: list[m.Event]
) -> None:
    """It is of the old log; or of the new one, with the bounds of the old."""
    rig = Rig(replay=10, replay_events=10)
    rig.seated("ann", head=9)
    bob = rig.browser()
    bob.asks("join", {"user": "bob", "room": "tea"})
    rig.happens(*messages(10, 40))
    tea(rig).shed()
    rig.let_in("bob", head=20)
    asked, answered = rig.broker.take(m.GetPage)
    assert (asked.after, asked.before) == (9, 41)
    rig.link("e2", head=60)
    rig.page(messages(1, 60))  # of the announcements
    bob.hears()
    rig.page(messages(56, 60))
    assert [name for name, _ in bob.hears()] == ["reset"]
    late = m.Paged(term=1, no=asked.no, room="tea", epoch=epoch, head=60, events=events, more=True)
    answered(late)
    rig.pass_time(0.2)
    assert rig.page(messages(50, 60)).after == 49
    heard = [(payload["Seq"], payload["Text"]) for _, payload in bob.hears()]
    assert heard == [(seq, "x") for seq in range(51, 61)]


def test_a_page_that_was_read_before_a_deletion_is_not_shown_after_it() -> None:
    rig = Rig()
    rig.seated("ann", head=20)
    tea(rig).shed()
    bob = joins_since(rig, 5, head=20)
    asked, answered = rig.broker.take(m.GetPage)
    rig.happens(m.Event(21, "delete", "system", 1.0, ref=7))
    cat = joins_since(rig, 5, head=21, user="cat")
    late = messages(6, 20)
    answered(
        m.Paged(term=1, no=asked.no, room="tea", epoch=EPOCH, head=20, events=late, more=False)
    )
    rig.pass_time(0.2)
    assert cat.lines() == []
    blank = m.Event(7, "message", "ann", 1.0, "", "u-ann", rev=21)
    rig.page([message(6), blank, *messages(8, 20)])
    for browser in (bob, cat):
        texts = {payload["Seq"]: payload["Text"] for name, payload in browser.hears()}
        assert sorted(texts) == list(range(6, 22))
        assert texts[7] == ""


# --- many at once --------------------------------------------------------------------------------


def test_sockets_that_lack_the_same_events_share_one_request_and_its_frames() -> None:
    rig = Rig()
    rig.seated("ann", head=20)
    tea(rig).shed()
    people = [joins_since(rig, 20 - n, head=20, user=f"p{n}") for n in (9, 5, 15)]
    assert [asked.after for asked in rig.broker.of(m.GetPage)] == [11]
    rig.page(messages(12, 20))
    assert [asked.after for asked in rig.broker.of(m.GetPage)] == [5]
    late = joins_since(rig, 10, head=20, user="late")
    rig.page(messages(6, 20))
    frames = [browser.transport.outbox.take() for browser in (*people, late)]
    assert [len(some) for some in frames] == [9, 5, 15, 10]
    assert len({id(some[-1]) for some in frames}) == 1
    assert rig.broker.of(m.GetPage) == []


def test_fresh_joins_share_one_request() -> None:
    play(
        Gateway(replay=3),
        is_in("ann", head=20),
        sheds(),
        joins("bob"),
        said(21),
        lets_in("bob", head=20),
        joins("cat"),
        said(22),
        lets_in("cat", head=21),
        joins("dan"),
        said(23),
        lets_in("dan", head=22),
        asked(m.GetPage, {"room": "tea"}),
        answers_page(messages(1, 21)),
        answers_page(messages(1, 23), after=0),
        hears("bob", *range(18, 24)),
        hears("cat", *range(19, 24)),
        hears("dan", *range(20, 24)),
    )


def test_the_page_of_a_fresh_join_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    rig.seated("ann", head=60)
    bob = rig.browser()
    bob.asks("join", {"user": "bob", "room": "tea"})
    writes = record_writes(monkeypatch)
    rig.let_in("bob", head=60)
    assert [len(frames) for frames in writes] == [50]
    assert bob.lines() == list(range(11, 61))


def test_many_catch_ups_hold_the_loop_no_longer_than_a_slice() -> None:
    loop = Turns()
    rig = Rig(loop)
    rig.seated("ann", head=20)
    loop.run()
    rig.mark_all(head=20)
    while rig.broker.of(m.GetPage):
        rig.page(messages(1, 20))
    people = [joins_since(rig, 10, head=20, user=f"p{n}") for n in range(200)]
    assert loop.turn() <= SLICE_S + 0.002
    reached = sum(browser.lines() == list(range(11, 21)) for browser in people)
    assert 0 < reached < 200
    loop.run()
    assert sum(browser.lines() == list(range(11, 21)) for browser in people) == 200 - reached


def test_events_that_the_broker_no_longer_has_are_not_skipped_in_silence() -> None:
    play(
        Gateway(replay=3),
        is_in("ann", head=20),
        sheds(),
        joins("bob", since=5),
        lets_in("bob", head=20, recovered=True),
        answers_page(messages(15, 20), after=5),
        answers_page(messages(15, 20), after=0),
        told("bob", "reset", Room="tea", Epoch=EPOCH, Seq=20),
        hears("bob", 18, 19, 20),
    )


def test_a_fresh_join_to_a_cleared_log_is_sent_no_events(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=20),
        sheds(),
        joins("bob"),
        lets_in("bob", head=20),
        answers_page([]),
        hears("bob"),
        said(21),
        hears("bob", 21),
    )


def test_the_rest_of_a_cut_page_is_requested() -> None:
    play(
        Gateway(replay=3),
        is_in("ann", head=20),
        sheds(),
        joins("bob"),
        lets_in("bob", head=20),
        answers_page(messages(1, 12), more=True),
        answers_page(messages(13, 20), after=12),
        hears("bob", 18, 19, 20),
    )


def test_a_socket_that_reads_nothing_of_its_catch_up_is_cut_off() -> None:
    rig = Rig()
    rig.seated("ann", head=3)
    rig.happens(*(message(seq, "x" * 4000) for seq in range(4, 200)))
    slow, stalled = (joins_since(rig, 3, head=199, user=user) for user in ("slow", "stalled"))
    for _ in range(50):
        rig.pass_time(0.11)
        slow.transport.outbox.take()
    assert [browser.transport.lost for browser in (slow, stalled)] == [False, True]


def test_a_kept_page_does_not_show_a_message_that_was_deleted_meanwhile(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=20),
        sheds(),
        joins("bob", since=10),
        lets_in("bob", head=20, recovered=True),
        reads_nothing("bob", UNSENT_BYTES),
        answers_page(messages(11, 20)),
        happens(m.Event(seq=21, kind="delete", user="ann", timestamp=1.0, ref=12)),
        hears("bob"),
        seconds(0.2),
        answers_page([message(11), message(12, ""), *messages(13, 21)], after=10),
        hears("bob", 11, (12, ""), *range(13, 22)),
    )
