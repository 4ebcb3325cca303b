"""gateway/rooms/frame_cache.py: each event is encoded once, within a bound; the newest page."""

from common import messages as m
from common.messages import Event
from gateway.rooms.frame_cache import FrameCache, Memo, newest
from tests.support.events import message, messages


def test_a_frame_is_made_once_until_its_event_changes() -> None:
    cache = FrameCache("tea", 10)
    first = cache.frames(messages(1, 2))
    again = cache.frames(messages(1, 2), plain=True)
    assert [a is b for a, b in zip(first, again, strict=True)] == [True, True]
    (edited,) = cache.frames([Event(1, "message", "ann", 1.0, "new", uid="u-ann", rev=3)])
    assert '"new"' in edited.packet
    assert cache.frames(messages(2, 2)) == first[1:]


def test_frames_are_kept_within_a_bound() -> None:
    cache = FrameCache("tea", 3)
    oldest = cache.frames(messages(1, 1))
    cache.frames(messages(2, 3))
    full = cache.bytes
    cache.frames(messages(4, 4))
    assert cache.bytes == full
    assert cache.frames(messages(1, 1))[0] is not oldest[0]
    cache.shed()
    assert cache.bytes == 0


def test_announcements_are_messages_to_plain_pages() -> None:
    event = Event(1, "announce", "system", 1.0, "noon")
    cache = FrameCache("system", 10)
    kinds = [cache.frames([event], plain)[0].packet for plain in (False, True)]
    assert ['"announce"' in kinds[0], '"message"' in kinds[1]] == [True, True]


def test_the_newest_page_goes_back_to_the_nth_last_message() -> None:
    joined = m.Event(seq=4, kind="join", user="bob", timestamp=1.0)
    log = [*messages(1, 3), joined, message(5)]
    assert [e.seq for e in newest(log, 2, 10)] == [3, 4, 5]
    assert [e.seq for e in newest(log, 9, 10)] == [1, 2, 3, 4, 5]
    assert [e.seq for e in newest(log, 9, 2)] == [4, 5]
    assert newest(log, 0, 10) == []


def test_a_memo_makes_a_value_once_for_what_it_is_made_from() -> None:
    memo: Memo[list[int]] = Memo()
    first = memo.get(("e", 1), lambda: [1])
    assert memo.get(("e", 1), lambda: [2]) is first
    assert memo.get(("e", 2), lambda: [2]) == [2]
    memo.clear()
    assert memo.get(("e", 2), lambda: None) is None
    assert memo.get(("e", 2), lambda: [3]) == [3], "None is not kept"
