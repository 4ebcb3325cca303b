"""broker.core.batch: order, size, and what is released after a failed commit."""

from broker.core.batch import BATCH_BYTES, BATCH_EFFECTS, Batch, unavailable
from broker.effects import Append, Publish, PutRoom, PutSession, Send
from common.messages import Beacon, Done, Event, Failed


def test_a_batch_keeps_writes_and_releases_in_order() -> None:
    batch = Batch()
    assert batch.is_empty()
    event = Append("lobby", Event(1, "message", "ann", 1.0, "hi"))
    send = Send(b"p", Done(term=1, no=1))
    publish = Publish("t", Beacon(term=1, beat=1, epoch="e", heads={}))
    batch.add([PutRoom("lobby", "public"), send, event])
    batch.add([publish])
    assert not batch.is_empty()
    assert batch.writes == [PutRoom("lobby", "public"), event]
    assert batch.releases == [send, publish]


def test_a_batch_is_full_by_count_or_by_bytes() -> None:
    batch = Batch()
    batch.add([Send(b"p", Done(term=1, no=1))] * BATCH_EFFECTS)
    assert not batch.is_full()
    batch.add([Send(b"p", Done(term=1, no=1))])
    assert batch.is_full()
    for big in (
        Append("lobby", Event(1, "message", "ann", 1.0, "x" * (BATCH_BYTES // 4 + 1))),
        PutSession("g", "s", "u", False, {str(n): 1 for n in range(BATCH_BYTES // 100 + 1)}),
    ):
        batch = Batch()
        batch.add([big])
        assert batch.is_full()


def test_a_refusal_stays_a_refusal_if_the_commit_fails() -> None:
    failed = Failed(term=3, no=9, code="too_long", message="…")
    assert unavailable(failed) is failed
    answer = unavailable(Done(term=3, no=9))
    assert isinstance(answer, Failed)
    assert (answer.term, answer.no, answer.code) == (3, 9, "unavailable")
