"""gateway/gathering.py, gateway/lines.py: what waits for a room's next pass, and its frames."""

from common.messages import Event, Typing
from gateway.frames import Frame
from gateway.gathering import BATCH_BYTES, FULL_BYTES, Gathering, Notice
from gateway.lines import Lines
from tests.gateway.rig import message, messages


def names(frames: list[Frame]) -> list[str]:
    return [frame.text[3 : frame.text.index('"', 3)] for frame in frames]


def test_lines_and_notices_are_taken_in_order() -> None:
    gathering = Gathering()
    gathering.add_lines(messages(4, 5))
    gathering.add_notice(Notice(objects=Frame.event("presence", 1), arriving=True))
    gathering.add_notice(Notice(plain=Frame.event("participant", "ann")))
    gathering.add_lines(messages(6, 6))
    taken = gathering.take(Lines("tea", 10), plain=True)
    assert names(taken.objects) == ["chat", "chat", "presence", "chat"]
    assert names(taken.plain) == ["chat", "chat", "participant", "chat"]
    assert (names(taken.arriving), taken.lines) == (["presence"], 3)
    assert (bool(gathering), gathering.bytes) == (False, 0)


def test_nobody_may_settle_above_what_was_taken() -> None:
    gathering = Gathering()
    assert gathering.begun(7) == 7
    gathering.add_lines(messages(8, 9))
    assert gathering.begun(9) == 7
    gathering.take(Lines("tea", 10), plain=False)
    gathering.add_lines(messages(10, 10))
    assert gathering.begun(10) == 9


def test_a_batch_is_bounded_and_the_rest_is_the_next_one() -> None:
    gathering, made = Gathering(), Lines("tea", 10)
    gathering.add_lines([message(seq, "x" * (BATCH_BYTES // 2)) for seq in range(1, 6)])
    assert [gathering.take(made, plain=False).lines for _ in range(3)] == [2, 2, 1]
    assert gathering.begun(5) == 5
    assert gathering.bytes == 0


def test_to_start_over_keeps_its_place_and_drops_what_it_would_undo() -> None:
    gathering = Gathering()
    gathering.add_lines(messages(4, 5))
    gathering.add_notice(Notice(objects=Frame.event("presence", 1)))
    gathering.start_over("tea", "e2", 9, messages(6, 9), (2, 10))
    assert gathering.begun(9) == -1
    gathering.add_lines(messages(10, 10))
    assert gathering.begun(10) == -1
    taken = gathering.take(Lines("tea", 10), plain=False)
    assert names(taken.objects) == ["presence", "reset", "chat", "chat", "chat"]
    assert gathering.begun(10) == 10


def test_started_over_it_may_be_entered_where_the_taken_lines_end() -> None:
    gathering, made = Gathering(), Lines("tea", 10)
    events = [message(seq, "x" * BATCH_BYTES) for seq in (8, 9)]
    gathering.start_over("tea", "e2", 9, events, (2, 10))
    gathering.take(made, plain=False)
    assert gathering.begun(9) == 8
    gathering.start_over("tea", "e2", 9, [], (2, 10))
    gathering.take(made, plain=False)
    assert gathering.begun(9) == 9


def test_only_the_last_who_is_typing_counts_and_it_is_told_with_the_last_batch() -> None:
    gathering, made = Gathering(), Lines("tea", 10)
    for user in ("ann", "bob"):
        gathering.add_typing(Typing(term=1, room="tea", users={user: user}))
    gathering.add_lines([message(seq, "x" * BATCH_BYTES) for seq in (1, 2)])
    first, second = (gathering.take(made, plain=False) for _ in range(2))
    assert first.typing is None
    assert second.typing is not None
    assert second.typing.users == {"bob": "bob"}
    assert not gathering


def test_where_as_much_waits_as_may_states_are_not_told() -> None:
    gathering = Gathering()
    gathering.add_lines([message(seq, "x" * 4000) for seq in range(FULL_BYTES // 4000)])
    assert gathering.full
    before = gathering.bytes
    gathering.add_notice(Notice(objects=Frame.event("presence", 1)))
    assert gathering.bytes == before


def test_a_frame_is_made_once_until_its_event_changes() -> None:
    made = Lines("tea", 10)
    first = made.frames(messages(1, 2))
    again = made.frames(messages(1, 2), plain=True)
    assert [a is b for a, b in zip(first, again, strict=True)] == [True, True]
    (edited,) = made.frames([Event(1, "message", "ann", 1.0, "new", uid="u-ann", rev=3)])
    assert '"new"' in edited.text
    assert made.frames(messages(2, 2)) == first[1:]


def test_frames_are_kept_within_a_bound() -> None:
    made = Lines("tea", 3)
    oldest = made.frames(messages(1, 1))
    made.frames(messages(2, 3))
    full = made.bytes
    made.frames(messages(4, 4))
    assert made.bytes == full
    assert made.frames(messages(1, 1))[0] is not oldest[0]
    made.shed()
    assert made.bytes == 0


def test_announcements_are_messages_to_plain_pages() -> None:
    event = Event(1, "announce", "system", 1.0, "noon")
    made = Lines("system", 10)
    kinds = [made.frames([event], plain)[0].text for plain in (False, True)]
    assert ['"announce"' in kinds[0], '"message"' in kinds[1]] == [True, True]
