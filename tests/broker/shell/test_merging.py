from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from broker.effects import Publish
from broker.shell.merging import merged
from common.codec import PAGE_BYTES, encode
from common.messages import Event, Happened, Marked


def happened(topic: str, *seqs: int, text: str = "", to: Sequence[str] = ()) -> Publish:
    events = [Event(seq, "message", "ann", 1.5, text) for seq in seqs]
    return Publish(topic, Happened(term=1, epoch="e", room=topic, events=events, to=list(to)))


def mark(topic: str) -> Publish:
    return Publish(topic, Marked(term=1, topic=topic, nonce="n", epoch="e"))


def short(publishes: Sequence[Publish]) -> list[tuple[str, list[int]]]:
    """The topic and the Seqs of each broadcast; a mark has no Seqs."""
    return [
        (p.topic, [e.seq for e in p.message.events] if isinstance(p.message, Happened) else [])
        for p in publishes
    ]


def test_events_of_one_room_travel_together() -> None:
    publishes = [happened("a", 1), happened("b", 7), happened("a", 2, 3), happened("b", 8)]
    assert short(list(merged(publishes))) == [("a", [1, 2, 3]), ("b", [7, 8])]


def test_events_do_not_pass_a_mark() -> None:
    publishes = [happened("a", 1), happened("a", 2), mark("a"), happened("a", 3), mark("b")]
    assert short(list(merged(publishes))) == [("a", [1, 2]), ("a", []), ("a", [3]), ("b", [])]


def test_events_that_are_not_consecutive_or_for_other_people_stay_apart() -> None:
    assert short(list(merged([happened("a", 1), happened("a", 3)]))) == [("a", [1]), ("a", [3])]
    publishes = [happened("a", 1, to=["x"]), happened("a", 2, to=["x", "y"])]
    assert list(merged(publishes)) == publishes


def test_frames_stay_below_a_page() -> None:
    text = "\U0001f600" * 4000
    frames = list(merged([happened("a", n, text=text) for n in range(1, 201)]))
    assert 1 < len(frames) < 10
    assert all(len(encode(frame.message)) <= PAGE_BYTES for frame in frames)


def test_the_messages_that_were_given_stay_as_they_are() -> None:
    first = happened("a", 1)
    list(merged([first, happened("a", 2)]))
    assert short([first]) == [("a", [1])]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())))
def test_each_topic_keeps_its_order(steps: list[tuple[str, bool]]) -> None:
    heads = dict.fromkeys("abc", 0)
    publishes = []
    for topic, is_event in steps:
        heads[topic] += is_event
        publishes.append(happened(topic, heads[topic]) if is_event else mark(topic))

    def by_topic(given: Sequence[Publish]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for topic, seqs in short(given):
            found.setdefault(topic, []).extend(seqs or [0])
        return found

    assert by_topic(list(merged(publishes))) == by_topic(publishes)
