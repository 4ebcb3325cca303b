from contextlib import suppress
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.codec import (
    FRAME_BYTES,
    decode_answer,
    decode_broadcast,
    decode_command,
    encode,
)
from common.errors import FrameError
from common.messages import (
    AnyAnswer,
    AnyBroadcast,
    AnyCommand,
    Event,
    Happened,
    Join,
    Paged,
    Register,
    Say,
    SessionInfo,
    Since,
)
from tests.common.any_message import any_message

DECODERS = (decode_command, decode_answer, decode_broadcast)


@given(any_message(AnyCommand))
def test_every_command_comes_back(command: AnyCommand) -> None:
    assert decode_command(encode(command)) == command


@given(any_message(AnyAnswer))
def test_every_answer_comes_back(answer: AnyAnswer) -> None:
    assert decode_answer(encode(answer)) == answer


@given(any_message(AnyBroadcast))
def test_every_broadcast_comes_back(broadcast: AnyBroadcast) -> None:
    assert decode_broadcast(encode(broadcast)) == broadcast


@given(st.binary())
def test_any_bytes_are_a_message_or_a_frame_error(frame: bytes) -> None:
    for decode in DECODERS:
        with suppress(FrameError):
            decode(frame)


_PLAIN: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(0, 9), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["no", "sid", "room", "text", "id", "events"]), _PLAIN),
    st.sampled_from(["say", "join", "register", "happened", "paged", "failed", "x", 1, None]),
)
def test_any_map_is_a_message_or_a_frame_error(fields: dict[str, Any], tag: object) -> None:
    frame = msgpack.packb({**fields, "do": tag, "re": tag, "is": tag})
    for decode in DECODERS:
        with suppress(FrameError):
            decode(frame)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        b"\x91" * 100_000,
        b"\x80",
        msgpack.packb([1]),
        encode(Say(no=1, sid="s", room="r", text="t", id="i")) + b"\0",
        msgpack.packb({"do": "say", "no": 1, "sid": "s", "room": "r", "text": b"\xff", "id": "i"}),
        b"\0" * (FRAME_BYTES + 1),
    ],
)
def test_a_bad_frame_is_a_frame_error_that_says_why(frame: bytes) -> None:
    for decode in DECODERS:
        with pytest.raises(FrameError):
            decode(frame)


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "say", "no": 1, "sid": "s", "room": "r", "text": "t", "id": ""},
        {"do": "say", "no": 1, "sid": "s" * 65, "room": "r", "text": "t", "id": "i"},
        {"do": "join", "no": 1, "sid": "s", "room": "r", "key": "a" * 63},
        {"do": "join", "no": 1, "sid": "s", "room": "r", "key": "A" * 64},
        {"do": "participants", "no": 1, "sid": "s", "room": "r", "prefix": "a" * 1001},
        {"do": "page", "no": 1, "room": "r", "limit": 0},
        {"do": "page", "no": 1, "room": "r", "after": -1},
        {"do": "beat", "no": 1 << 53},
        {"do": "take_up", "no": 1, "topics": ["t"] * 1001, "nonce": "n"},
    ],
)
def test_limits_are_held_at_the_edge(fields: dict[str, Any]) -> None:
    with pytest.raises(FrameError):
        decode_command(msgpack.packb(fields))


def test_structs_in_structs_come_back() -> None:
    event = Event(1, "message", "ann", 1.5, "hi \0 \U0001f600", "u1", "i", rev=2)
    session = SessionInfo("s", "u", False, ["lobby", "@x"])
    join = Join(no=1, sid="s", key="a" * 64, room="r", since=Since("e", 5))
    assert decode_command(encode(join)) == join
    register = Register(no=1, sessions=[session], last=True)
    assert decode_command(encode(register)) == register
    happened = Happened(term=1, epoch="e", room="r", events=[event], to=["u"])
    assert decode_broadcast(encode(happened)) == happened
    paged = Paged(term=1, no=1, room="r", epoch="e", head=1, events=[event], more=False)
    assert decode_answer(encode(paged)) == paged
