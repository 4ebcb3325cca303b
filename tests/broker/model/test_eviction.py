"""broker.model.eviction: which records are dropped from memory, and when."""

from broker.model.eviction import KEEP_RECORDS, KEEP_S, EvictionQueue
from broker.model.write_ledger import FOREVER


def test_a_record_is_dropped_when_it_was_not_used_for_a_while() -> None:
    queue = EvictionQueue()
    for key in ("ann", "bob", "cid"):
        queue.add(key, 0.0)
    queue.touch("ann", 1.0)
    queue.keep("bob")
    queue.touch("bob", 1.0)
    assert list(queue.take_expired(KEEP_S - 0.1, FOREVER)) == []
    assert list(queue.take_expired(KEEP_S, FOREVER)) == ["cid"]
    assert list(queue.take_expired(KEEP_S + 1.0, FOREVER)) == ["ann"]
    assert list(queue.take_expired(1000.0, FOREVER)) == []


def test_a_record_stays_while_a_write_about_it_may_wait() -> None:
    queue = EvictionQueue()
    queue.add("ann", 5.0)
    assert list(queue.take_expired(1000.0, 5.0)) == []
    assert list(queue.take_expired(1000.0, 5.1)) == ["ann"]


def test_if_there_are_too_many_those_unused_for_longest_go_first() -> None:
    queue = EvictionQueue()
    for number in range(KEEP_RECORDS + 2):
        queue.add(str(number), 0.0)
    queue.touch("0", 0.0)
    assert list(queue.take_expired(0.0, FOREVER)) == ["1", "2"]


def test_a_key_that_is_added_again_while_they_are_taken_is_not_taken_for_ever() -> None:
    queue = EvictionQueue()
    for number in range(KEEP_RECORDS + 1):
        queue.add(str(number), 0.0)
    taken = 0
    for key in queue.take_expired(1.0, FOREVER):
        queue.add(key, 1.0)
        taken += 1
    assert taken == KEEP_RECORDS + 1
