"""The reader: WebSocket frames (RFC 6455, section 5) by any cut of their bytes."""

import contextlib
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.packets import Malformed
from gateway.reader import BINARY, CLOSE, PING, PONG, TEXT, Reader

KEY = b"\x12\x34\x56\x78"


def frame(opcode: int, payload: bytes, fin: bool = True, key: bytes = KEY) -> bytes:
    """As a browser sends it."""
    size = len(payload)
    if size < 126:
        head = bytes([size | 0x80])
    elif size < 1 << 16:
        head = b"\xfe" + size.to_bytes(2, "big")
    else:
        head = b"\xff" + size.to_bytes(8, "big")
    masked = bytes(byte ^ key[n % 4] for n, byte in enumerate(payload))
    return bytes([opcode | (0x80 if fin else 0)]) + head + key + masked


payloads = st.binary(max_size=300)
messages = st.lists(
    st.tuples(st.sampled_from([TEXT, BINARY]), st.lists(payloads, min_size=1, max_size=4))
    | st.tuples(st.sampled_from([PING, PONG, CLOSE]), st.lists(st.binary(max_size=125), min_size=1,
                                                              max_size=1)),
    max_size=6,
)  # fmt: skip


@given(messages, st.data())
def test_messages_come_whole_whatever_the_cuts_and_parts(
    sent: list[tuple[int, list[bytes]]], data: st.DataObject
) -> None:
    wire = b""
    for opcode, parts in sent:
        for number, part in enumerate(parts):
            wire += frame(0 if number else opcode, part, number == len(parts) - 1, os.urandom(4))
    reader, heard = Reader(10_000), []
    while wire:
        cut = data.draw(st.integers(1, len(wire)))
        heard += list(reader.feed(wire[:cut]))
        wire = wire[cut:]
    assert heard == [(opcode, b"".join(parts)) for opcode, parts in sent]


def test_a_control_frame_may_come_between_the_parts() -> None:
    wire = frame(TEXT, b"a", fin=False) + frame(PING, b"p") + frame(0, b"b")
    assert list(Reader(10).feed(wire)) == [(PING, b"p"), (TEXT, b"ab")]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 1 << 20])
def test_all_lengths(size: int) -> None:
    payload = os.urandom(size)
    assert list(Reader(1 << 20).feed(frame(BINARY, payload))) == [(BINARY, payload)]


@pytest.mark.parametrize(
    "wire",
    [
        b"\x81\x02hi",  # not masked
        b"\xc1\x80" + KEY,  # compressed
        frame(3, b""),
        frame(11, b""),
        frame(PING, b"x" * 126),
        frame(PING, b"", fin=False),
        frame(0, b"x"),
        frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"),
        frame(TEXT, b"x" * 101),
        frame(TEXT, b"x" * 60, fin=False) + frame(0, b"x" * 60),
        b"\x81\xff" + b"\xff" * 8 + KEY,
    ],
)
def test_what_breaks_the_protocol_is_malformed(wire: bytes) -> None:
    with pytest.raises(Malformed):
        list(Reader(100).feed(wire))


@given(st.binary(max_size=400))
def test_any_bytes_are_messages_or_malformed(wire: bytes) -> None:
    with contextlib.suppress(Malformed):
        list(Reader(1000).feed(wire))


def test_a_frame_that_is_too_large_is_refused_by_its_head() -> None:
    with pytest.raises(Malformed):
        list(Reader(100).feed(b"\x81\xfe\x01\x00" + KEY))


def test_a_large_frame_may_come_byte_by_byte() -> None:
    """What has come of it is not copied for each."""
    size, copied = 1 << 20, 0
    reader, wire = Reader(size), frame(TEXT, b"x" * size)
    assert not list(reader.feed(wire[:-100]))
    tracemalloc.start()
    try:
        for at in range(len(wire) - 100, len(wire) - 1):
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            assert not list(reader.feed(wire[at : at + 1]))
            copied += tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert copied < 5 * size
    assert list(reader.feed(wire[-1:])) == [(TEXT, b"x" * size)]
