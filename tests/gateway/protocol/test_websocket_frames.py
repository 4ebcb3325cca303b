"""The reader: WebSocket frames (RFC 6455, section 5) by any cut of their bytes."""

import contextlib
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol.packets import Malformed
from gateway.protocol.sizes import Sizes
from gateway.protocol.websocket_frames import (
    BINARY,
    CLOSE,
    FRAGMENT,
    LARGE,
    PING,
    PONG,
    TEXT,
    FrameReader,
)

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


def sizes(packet_bytes: int, body_bytes: int = 0) -> Sizes:
    return Sizes(packet_bytes, 100, body_bytes or packet_bytes)


def read(reader: FrameReader, *wires: bytes, parts: bool = False) -> list[tuple[int, bytes]]:
    """What comes of these bytes, with or without the frames that end no message."""
    came = []
    for wire in wires:
        reader.feed(wire)
        while (frame := reader.next()) is not None:
            came.append(frame)
    return [frame for frame in came if parts or frame[0] != FRAGMENT]


payloads = st.binary(max_size=300)
messages = st.lists(
    st.tuples(st.sampled_from([TEXT, BINARY]), st.lists(payloads, min_size=1, max_size=4))
    | st.tuples(st.sampled_from([PING, PONG, CLOSE]), st.lists(st.binary(max_size=125), min_size=1,
                                                              max_size=1)),
    max_size=6,
)  # fmt: skip


@given(messages, st.data())
def test_messages_come_whole_however_their_bytes_are_cut(
    sent: list[tuple[int, list[bytes]]], data: st.DataObject
) -> None:
    wire = b""
    for opcode, parts in sent:
        for number, part in enumerate(parts):
            wire += frame(0 if number else opcode, part, number == len(parts) - 1, os.urandom(4))
    reader, came = FrameReader(sizes(10_000)), []
    while wire:
        cut = data.draw(st.integers(1, len(wire)))
        came += read(reader, wire[:cut])
        wire = wire[cut:]
    assert came == [(opcode, b"".join(parts)) for opcode, parts in sent]
    assert reader.kept_bytes == 0


def test_a_control_frame_may_come_between_the_parts() -> None:
    wire = frame(TEXT, b"a", fin=False) + frame(PING, b"p") + frame(0, b"b")
    assert read(FrameReader(sizes(10)), wire) == [(PING, b"p"), (TEXT, b"ab")]


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 1 << 20])
def test_all_lengths(size: int) -> None:
    payload = os.urandom(size)
    assert read(FrameReader(sizes(1 << 20)), frame(BINARY, payload)) == [(BINARY, payload)]


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
def test_bytes_that_break_the_protocol_are_malformed(wire: bytes) -> None:
    with pytest.raises(Malformed):
        read(FrameReader(sizes(100)), wire)


@given(st.binary(max_size=400))
def test_any_bytes_are_messages_or_malformed(wire: bytes) -> None:
    with contextlib.suppress(Malformed):
        read(FrameReader(sizes(1000)), wire)


def test_a_frame_that_is_too_large_is_refused_by_its_header() -> None:
    with pytest.raises(Malformed):
        read(FrameReader(sizes(100)), b"\x81\xfe\x01\x00" + KEY)


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=4), st.data())
def test_of_a_message_that_is_larger_than_a_packet_only_the_beginning_is_kept(
    parts: list[bytes], data: st.DataObject
) -> None:
    wire = b""
    for number, part in enumerate(parts):
        wire += frame(0 if number else TEXT, part, number == len(parts) - 1)
        wire += frame(PING, b"") if number < len(parts) - 1 else b""
    wire += frame(BINARY, b"next")
    reader, came, whole = FrameReader(sizes(100, 2000)), [], b"".join(parts)
    while wire:
        cut = data.draw(st.integers(1, len(wire)))
        came += read(reader, wire[:cut])
        wire = wire[cut:]
        assert reader.kept_bytes <= 100 + 14 + 125
    large = len(whole) > 100
    last = (TEXT | LARGE, whole[:64]) if large else (TEXT, whole)
    if large and sum(map(len, parts)) - len(parts[-1]) < 64:
        assert came[-2][0] == TEXT | LARGE
        assert whole.startswith(came[-2][1])
    else:
        assert came[-2] == last
    assert came == [(PING, b"")] * (len(parts) - 1) + [came[-2], (BINARY, b"next")]


def test_fragments_are_returned_too() -> None:
    wire = frame(TEXT, b"", fin=False) + frame(0, b"a", fin=False) + frame(0, b"")
    came = read(FrameReader(sizes(10)), wire, parts=True)
    assert came == [(FRAGMENT, b""), (FRAGMENT, b"a"), (TEXT, b"a")]


def test_a_large_frame_leaves_nothing_behind() -> None:
    reader, wire = FrameReader(sizes(100, 1 << 20)), frame(TEXT, b"x" * (1 << 20))
    for at in range(0, len(wire), 65536):
        read(reader, wire[at : at + 65536])
        assert reader.kept_bytes <= 100


def test_a_large_frame_may_come_byte_by_byte() -> None:
    """What has come of it is not copied for each."""
    size, copied = 1 << 20, 0
    reader, wire = FrameReader(sizes(size)), frame(TEXT, b"x" * size)
    assert not read(reader, wire[:-100])
    tracemalloc.start()
    try:
        for at in range(len(wire) - 100, len(wire) - 1):
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            assert not read(reader, wire[at : at + 1])
            copied += tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert copied < 5 * size
    assert read(reader, wire[-1:]) == [(TEXT, b"x" * size)]


@given(
    st.binary(max_size=140)
    | st.builds(
        frame, st.sampled_from([TEXT, BINARY, PING]), st.binary(max_size=140), st.booleans()
    )
    | st.builds(lambda text: frame(TEXT, text.encode()), st.text(max_size=60)),
    st.binary(max_size=3),
)
def test_the_short_way_reads_what_the_long_way_reads(wire: bytes, before: bytes) -> None:
    reader, other = FrameReader(sizes(1000)), FrameReader(sizes(1000))
    with contextlib.suppress(Malformed):
        read(reader, before)
        read(other, before)
        text = reader.read_short(wire)
        if text is not None:
            assert read(other, wire, parts=True) == [(TEXT, text.encode())]
            assert other.kept_bytes == reader.kept_bytes == 0


def test_the_short_way_is_taken_by_short_texts_only() -> None:
    reader = FrameReader(sizes(1000))
    assert reader.read_short(frame(TEXT, b"")) == ""
    assert reader.read_short(frame(TEXT, b"x" * 125)) == "x" * 125
    assert reader.read_short(frame(TEXT, b"x" * 126)) is None
    assert reader.read_short(frame(TEXT, b"x") * 2) is None
    assert reader.read_short(frame(TEXT, b"\xff")) is None
    reader.feed(frame(TEXT, b"begun", fin=False))
    assert reader.next() == (FRAGMENT, b"begun")
    assert reader.read_short(frame(TEXT, b"x")) is None
