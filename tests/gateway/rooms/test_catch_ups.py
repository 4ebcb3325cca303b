"""gateway/rooms/catch_ups.py, gateway/rooms/catch_up.py, gateway/rooms/backfill.py: a socket gets
the events that it lacks, in order, and is then subscribed."""

import pytest

from common import messages as m
from common.names import SYSTEM
from gateway.rooms.catch_up import UNSENT_BYTES
from gateway.runtime.work_queue import SLICE_S
from tests.support.events import message, messages
from tests.support.gateway_playbook import (
    Gateway,
    answers_late,
    answers_page,
    asked,
    asked_pages,
    closes,
    comes_back,
    cut_off,
    delays_page,
    gives_up,
    happens,
    has_seen_all,
    hears,
    is_in,
    joins,
    lets_in,
    links,
    play,
    reads_nothing,
    said,
    seconds,
    settles,
    sheds,
    stays,
    told,
)
from tests.support.gateway_rig import EPOCH, Turns, record_writes


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def test_exactly_the_missed_events_are_sent(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=9),
        comes_back("bob", since=6, head=9),
        hears("bob", 7, 8, 9),
    )


def test_events_that_the_tail_lacks_are_requested_page_by_page(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=30),
        sheds(),
        comes_back("bob", since=5, head=30),
        answers_page(messages(6, 15), after=5, more=True),
        answers_page(messages(16, 30), after=15),
        hears("bob", *range(6, 31)),
    )


def test_events_that_come_meanwhile_wait_their_turn(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=20),
        sheds(),
        comes_back("bob", since=5, head=20),
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
        comes_back("bob", since=3, head=5),
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
        comes_back("bob", since=5, head=20),
        gives_up(m.GetPage),
        seconds(1.1),
        answers_page(messages(6, 20), after=5),
        hears("bob", *range(6, 21)),
    )


def test_a_page_that_did_not_come_is_not_asked_for_again_if_nobody_lacks_it(
    gateway: Gateway,
) -> None:
    play(
        gateway,
        is_in("ann", head=20),
        sheds(),
        comes_back("bob", since=5, head=20),
        closes("bob"),
        gives_up(m.GetPage),
        seconds(1.1),
        asked(m.GetPage),
        comes_back("cat", since=5, head=20),
        answers_page(messages(6, 20)),
        hears("cat", *range(6, 21)),
    )


@pytest.mark.parametrize(
    ("epoch", "events"),
    [(EPOCH, [message(seq, "old") for seq in range(50, 61)]), ("e2", messages(10, 20))],
)
def test_a_page_that_was_asked_for_in_an_epoch_that_is_over_is_not_shown(
    epoch: str, events: list[m.Event]
) -> None:
    """It is of the old log; or of the new one, with the bounds of the old."""
    play(
        Gateway(replay=10, replay_events=10),
        is_in("ann", head=9),
        joins("bob"),
        said(10, 40),
        sheds(),
        lets_in("bob", head=20),
        delays_page(after=9, before=41),
        links("e2", head=60),
        answers_page(messages(1, 60), room=SYSTEM),
        has_seen_all("bob"),
        answers_page(messages(56, 60)),
        hears("bob", "reset"),
        answers_late(events, epoch=epoch, more=True),
        seconds(0.2),
        answers_page(messages(50, 60), after=49),
        hears("bob", *((seq, "x") for seq in range(51, 61))),
    )


def test_a_page_that_was_read_before_a_deletion_is_not_shown_after_it(gateway: Gateway) -> None:
    deletion = m.Event(21, "delete", "system", 1.0, ref=7)
    blank = m.Event(7, "message", "ann", 1.0, "", "u-ann", rev=21)
    play(
        gateway,
        is_in("ann", head=20),
        sheds(),
        comes_back("bob", since=5, head=20),
        delays_page(),
        happens(deletion),
        comes_back("cat", since=5, head=21),
        answers_late(messages(6, 20)),
        seconds(0.2),
        hears("cat"),
        answers_page([message(6), blank, *messages(8, 20)]),
        hears("bob", 6, (7, ""), *range(8, 22)),
        hears("cat", 6, (7, ""), *range(8, 22)),
    )


# --- many at once --------------------------------------------------------------------------------


def test_sockets_that_lack_the_same_events_share_one_request_and_its_frames(
    gateway: Gateway,
) -> None:
    play(
        gateway,
        is_in("ann", head=20),
        sheds(),
        comes_back("bob", since=11, head=20),
        comes_back("cat", since=15, head=20),
        comes_back("dan", since=5, head=20),
        asked_pages("tea", {"after": 11}),
        answers_page(messages(12, 20)),
        asked_pages("tea", {"after": 5}),
        comes_back("eve", since=10, head=20),
        answers_page(messages(6, 20)),
        asked_pages("tea"),
    )
    people = [gateway.person(name) for name in ("bob", "cat", "dan", "eve")]
    frames = [browser.transport.outbox.take() for browser in people]
    assert [len(some) for some in frames] == [9, 5, 15, 10]
    assert len({id(some[-1]) for some in frames}) == 1


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


def test_the_page_of_a_fresh_join_is_one_write(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(gateway, is_in("ann", head=60), joins("bob"))
    writes = record_writes(monkeypatch)
    play(gateway, lets_in("bob", head=60))
    assert [len(frames) for frames in writes] == [50]
    play(gateway, hears("bob", *range(11, 61)))


def test_many_catch_ups_hold_the_loop_no_longer_than_a_slice() -> None:
    loop = Turns()
    gateway = Gateway(loop)
    people = [f"p{n}" for n in range(200)]
    play(gateway, is_in("ann", head=20))
    play(gateway, *(comes_back(person, since=10, head=20) for person in people))
    assert loop.turn() <= SLICE_S + 0.002
    lines = [gateway.person(person).lines() for person in people]
    late = [person for person, heard in zip(people, lines, strict=True) if not heard]
    assert lines.count([*range(11, 21)]) == 200 - len(late) > 0
    assert late
    play(gateway, settles(), *(hears(person, *range(11, 21)) for person in late))


def test_events_that_the_broker_no_longer_has_are_not_skipped_in_silence() -> None:
    play(
        Gateway(replay=3),
        is_in("ann", head=20),
        sheds(),
        comes_back("bob", since=5, head=20),
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


def test_a_socket_that_reads_nothing_of_its_catch_up_is_cut_off(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=3),
        happens(*(message(seq, "x" * 4000) for seq in range(4, 200))),
        comes_back("slow", since=3, head=199),
        comes_back("stalled", since=3, head=199),
        *[seconds(0.11), has_seen_all("slow")] * 50,
        stays("slow"),
        cut_off("stalled"),
    )


def test_a_kept_page_does_not_show_a_message_that_was_deleted_meanwhile(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann", head=20),
        sheds(),
        comes_back("bob", since=10, head=20),
        reads_nothing("bob", UNSENT_BYTES),
        answers_page(messages(11, 20)),
        happens(m.Event(seq=21, kind="delete", user="ann", timestamp=1.0, ref=12)),
        hears("bob"),
        seconds(0.2),
        answers_page([message(11), message(12, ""), *messages(13, 21)], after=10),
        hears("bob", 11, (12, ""), *range(13, 22)),
    )
