"""gateway/rooms/send_queue.py: what waits for a room's next broadcast, in order and within
bounds."""

from common.messages import Typing
from gateway.protocol.frames import Frame
from gateway.rooms.frame_cache import FrameCache
from gateway.rooms.send_queue import BATCH_BYTES, FULL_BYTES, Notice, SendQueue
from tests.support.events import message, messages


def names(frames: list[Frame]) -> list[str]:
    return [frame.packet[4 : frame.packet.index('"', 4)] for frame in frames]


def test_events_and_notices_are_taken_in_order() -> None:
    queue = SendQueue()
    queue.add_events(messages(4, 5))
    queue.add_notice(Notice(objects=Frame.event("presence", 1), for_catch_ups=True))
    queue.add_notice(Notice(plain=Frame.event("participant", "ann")))
    queue.add_events(messages(6, 6))
    taken = queue.take(FrameCache("tea", 10), plain=True)
    assert names(taken.objects) == ["chat", "chat", "presence", "chat"]
    assert names(taken.plain) == ["chat", "chat", "participant", "chat"]
    assert (names(taken.for_catch_ups), taken.events) == (["presence"], 3)
    assert (queue.is_empty, queue.bytes) == (True, 0)


def test_no_socket_is_subscribed_above_the_last_event_taken() -> None:
    queue = SendQueue()
    assert queue.broadcast_head(7) == 7
    queue.add_events(messages(8, 9))
    assert queue.broadcast_head(9) == 7
    queue.take(FrameCache("tea", 10), plain=False)
    queue.add_events(messages(10, 10))
    assert queue.broadcast_head(10) == 9


def test_a_batch_is_bounded_and_the_rest_is_the_next_one() -> None:
    queue, cache = SendQueue(), FrameCache("tea", 10)
    queue.add_events([message(seq, "x" * (BATCH_BYTES // 2)) for seq in range(1, 6)])
    assert [queue.take(cache, plain=False).events for _ in range(3)] == [2, 2, 1]
    assert queue.broadcast_head(5) == 5
    assert queue.bytes == 0


def test_a_reset_keeps_its_place_and_drops_the_events_before_it() -> None:
    queue = SendQueue()
    queue.add_events(messages(4, 5))
    queue.add_notice(Notice(objects=Frame.event("presence", 1)))
    queue.start_over("tea", "e2", 9, messages(6, 9), (2, 10))
    assert queue.broadcast_head(9) == -1
    queue.add_events(messages(10, 10))
    assert queue.broadcast_head(10) == -1
    taken = queue.take(FrameCache("tea", 10), plain=False)
    assert names(taken.objects) == ["presence", "reset", "chat", "chat", "chat"]
    assert queue.broadcast_head(10) == 10


def test_after_a_reset_sockets_are_subscribed_where_the_taken_events_end() -> None:
    queue, cache = SendQueue(), FrameCache("tea", 10)
    events = [message(seq, "x" * BATCH_BYTES) for seq in (8, 9)]
    queue.start_over("tea", "e2", 9, events, (2, 10))
    queue.take(cache, plain=False)
    assert queue.broadcast_head(9) == 8
    queue.start_over("tea", "e2", 9, [], (2, 10))
    queue.take(cache, plain=False)
    assert queue.broadcast_head(9) == 9


def test_only_the_last_typing_news_counts_and_goes_with_the_last_batch() -> None:
    queue, cache = SendQueue(), FrameCache("tea", 10)
    for user in ("ann", "bob"):
        queue.add_typing(Typing(term=1, room="tea", users={user: user}))
    queue.add_events([message(seq, "x" * BATCH_BYTES) for seq in (1, 2)])
    first, second = (queue.take(cache, plain=False) for _ in range(2))
    assert first.typing is None
    assert second.typing is not None
    assert second.typing.users == {"bob": "bob"}
    assert queue.is_empty


def test_a_full_queue_drops_notices() -> None:
    queue = SendQueue()
    queue.add_events([message(seq, "x" * 4000) for seq in range(FULL_BYTES // 4000)])
    assert queue.is_full
    before = queue.bytes
    queue.add_notice(Notice(objects=Frame.event("presence", 1)))
    assert queue.bytes == before
