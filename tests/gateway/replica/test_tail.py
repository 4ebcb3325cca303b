"""The tail keeps the newest events, as they read now."""

from common.messages import Event
from gateway.replica.tail import EVENT_BYTES, Tail, last_run
from tests.support.events import message

MANY = 1000


def replay(tail: Tail, messages: int) -> list[Event] | None:
    """What somebody who joins now is shown."""
    return tail.replay(messages, tail.head, MANY)


def joined(seq: int) -> Event:
    return Event(seq=seq, kind="join", user="ann", timestamp=0.0)


def edit(seq: int, ref: int, text: str) -> Event:
    return Event(seq=seq, kind="edit", user="ann", timestamp=0.0, text=text, ref=ref)


def deleted(seq: int, ref: int) -> Event:
    return Event(seq=seq, kind="delete", user="ann", timestamp=0.0, ref=ref)


def tail_of(*events: Event, most: int = 10) -> Tail:
    tail = Tail(most, events[0].seq - 1)
    for event in events:
        tail.append(event)
    return tail


def seqs(events: list[Event] | None) -> list[int] | None:
    return None if events is None else [e.seq for e in events]


def test_the_newest_page_goes_back_to_the_nth_last_message_of_the_tail() -> None:
    tail = tail_of(message(4), joined(5), message(6), joined(7))
    assert seqs(replay(tail, 1)) == [6, 7]
    assert seqs(replay(tail, 2)) == [4, 5, 6, 7]
    assert replay(tail, 0) == []


def test_a_tail_that_does_not_reach_far_enough_says_so() -> None:
    tail = tail_of(message(4), joined(5))
    assert replay(tail, 2) is None
    assert seqs(tail.after(3, MANY)) == [4, 5]
    assert tail.after(2, MANY) is None


def test_a_tail_that_is_the_whole_log_reaches_as_far_as_there_is() -> None:
    assert seqs(replay(tail_of(joined(1), message(2)), 50)) == [1, 2]
    assert replay(Tail(10), 50) == []


def test_a_long_tail_drops_its_oldest_events_and_keeps_a_newest_page() -> None:
    tail = tail_of(*(joined(n) for n in range(1, 31)), most=10)
    assert seqs(tail.replay(50, 30, 10)) == list(range(21, 31))
    assert tail.after(19, MANY) is None
    assert tail.bytes == 10 * EVENT_BYTES


def test_nothing_is_above_the_head() -> None:
    tail = tail_of(message(1))
    assert tail.after(1, MANY) == []
    assert tail.after(7, MANY) == []


def test_an_edited_message_is_replayed_with_its_new_text() -> None:
    tail = tail_of(message(1, "teh"), edit(2, 1, "the"))
    assert tail.after(0, MANY) == [message(1, "the", rev=2), edit(2, 1, "the")]
    assert tail.bytes == 2 * EVENT_BYTES + 6


def test_a_deleted_message_is_blank_and_so_are_its_edits() -> None:
    tail = tail_of(message(1, "teh"), edit(2, 1, "the"), deleted(3, 1))
    assert tail.after(0, MANY) == [message(1, "", rev=3), edit(2, 1, ""), deleted(3, 1)]
    assert tail.bytes == 3 * EVENT_BYTES


def test_a_page_that_was_read_after_an_edit_is_not_set_back_by_it() -> None:
    tail = tail_of(message(1, "newest", rev=3), edit(2, 1, "newer"))
    assert tail.after(0, MANY) == [message(1, "newest", rev=3), edit(2, 1, "newer")]


def test_an_edit_of_a_message_that_the_tail_has_not_changes_nothing() -> None:
    assert tail_of(message(5), edit(6, 2, "x")).after(4, MANY) == [message(5), edit(6, 2, "x")]


def test_a_shed_tail_is_empty_and_grows_again() -> None:
    tail = tail_of(message(1), message(2))
    assert tail.bytes == 2 * (EVENT_BYTES + 1)
    tail.shed()
    assert (tail.bytes, replay(tail, 1), tail.after(1, MANY)) == (0, None, None)
    tail.append(message(3))
    assert seqs(replay(tail, 1)) == [3]
    assert seqs(tail.after(2, MANY)) == [3]


def test_a_filled_tail_has_these_events_and_no_others() -> None:
    tail = tail_of(message(1), message(2))
    tail.fill([message(8), joined(9)], 9)
    assert (tail.head, tail.bytes) == (9, 2 * EVENT_BYTES + 1)
    assert (seqs(replay(tail, 1)), replay(tail, 2)) == ([8, 9], None)
    tail.fill([message(1)], 1)
    assert seqs(replay(tail, 2)) == [1]


def test_a_run_begins_after_the_last_hole() -> None:
    assert seqs(last_run([message(1), message(3), message(4)])) == [3, 4]
    assert last_run([]) == []
