"""Each pending command is removed once."""

from functools import partial

import pytest

from common.codec import FRAME_BYTES
from common.messages import AnyAnswer
from gateway.link import pending as module
from gateway.link.pending import COMMAND_BYTES, OnAnswer, Pending


def nobody(answer: AnyAnswer | None) -> None:
    """Waits for an answer."""


def waiting() -> OnAnswer:
    """Different for each command."""
    return partial(nobody)


def test_an_answer_finds_who_waits_for_it_once() -> None:
    pending, ann = Pending(), waiting()
    assert pending.add(1, b"a", ann, now=0.0, keep_s=10.0)
    assert pending.answered(2) is None
    assert pending.answered(1) is ann
    assert pending.answered(1) is None
    assert (pending.commands, pending.bytes) == (0, 0)


def test_what_has_no_answer_is_in_the_order_in_which_it_was_asked() -> None:
    pending = Pending()
    for no in range(1, 7):
        pending.add(no, bytes([no]), waiting(), now=0.0, keep_s=60.0 if no % 2 else 10.0)
    pending.answered(4)
    assert list(pending.frames()) == [b"\x01", b"\x02", b"\x03", b"\x05", b"\x06"]


def test_what_is_added_while_all_is_read_comes_last_and_what_is_answered_not_at_all() -> None:
    pending = Pending()
    for no in (1, 2, 3):
        pending.add(no, bytes([no]), waiting(), now=0.0, keep_s=60.0 / no)
    frames = pending.frames()
    assert next(frames) == b"\x01"
    pending.answered(2)
    pending.add(4, b"\x04", waiting(), now=0.0, keep_s=60.0)
    pending.add(5, b"\x05", waiting(), now=0.0, keep_s=7.0)  # a time that was not there before
    assert list(frames) == [b"\x03", b"\x04", b"\x05"]


def test_what_waits_too_long_is_given_up() -> None:
    pending, short, long = Pending(), waiting(), waiting()
    pending.add(1, b"", long, now=0.0, keep_s=60.0)
    pending.add(2, b"", short, now=5.0, keep_s=10.0)
    assert pending.overdue(14.9) == []
    assert pending.overdue(15.0) == [short]
    assert pending.overdue(59.9) == []
    assert pending.overdue(60.0) == [long]
    assert list(pending.frames()) == []


def test_there_is_room_for_so_many_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PENDING_COMMANDS", 1)
    few = Pending()
    assert few.add(1, b"", waiting(), now=0.0, keep_s=1.0)
    assert not few.add(2, b"", waiting(), now=0.0, keep_s=1.0)


def test_there_is_room_for_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PENDING_BYTES", 2 * COMMAND_BYTES)
    small = Pending()
    assert not small.add(1, b"x" * (COMMAND_BYTES + 1), waiting(), now=0.0, keep_s=1.0)
    assert small.add(2, b"x" * COMMAND_BYTES, waiting(), now=0.0, keep_s=1.0)
    assert not small.add(3, b"", waiting(), now=0.0, keep_s=1.0)
    small.answered(2)
    assert small.add(4, b"", waiting(), now=0.0, keep_s=1.0)


def test_a_frame_that_no_broker_would_take_is_not_kept() -> None:
    assert not Pending().add(1, bytes(FRAME_BYTES + 1), waiting(), now=0.0, keep_s=1.0)


def test_all_can_be_given_up() -> None:
    pending, ann, bob = Pending(), waiting(), waiting()
    pending.add(1, b"", ann, now=0.0, keep_s=1.0)
    pending.add(2, b"", bob, now=0.0, keep_s=2.0)
    assert pending.clear() == [ann, bob]
    assert (pending.commands, pending.bytes) == (0, 0)
