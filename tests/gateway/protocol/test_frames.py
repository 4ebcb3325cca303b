"""The frames."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol

from gateway.protocol.frames import Batch, Frame, close_frame, text_frame


def read(wire: bytes) -> list[str | bytes]:
    """As a browser's WebSocket takes the bytes."""
    protocol = FrameProtocol(client=True, extensions=[])
    protocol.receive_bytes(wire)
    messages: list[str | bytes] = []
    for frame in protocol.received_frames():
        if frame.frame_finished and frame.message_finished:
            payload = frame.payload
            assert not isinstance(payload, tuple), "the payload of a CLOSE"
            messages.append(payload if isinstance(payload, str) else bytes(payload))
    return messages


def test_an_event_is_encoded_once_for_all_transports() -> None:
    frame = Frame.event("chat", {"Text": "hé\n\x1e"})
    assert frame.packet == '42["chat",{"Text":"hé\\n\\u001e"}]'
    assert frame.encode(b64=True) == frame.packet
    assert read(frame.wire) == [frame.packet]
    assert frame.wire is frame.wire


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 200_000])
def test_every_length_is_a_good_frame(size: int) -> None:
    assert read(text_frame("x" * size)) == ["x" * size]


def test_a_batch_is_its_frames_in_one_write() -> None:
    frames = [Frame.event("chat", n) for n in range(3)]
    batch = Batch(frames)
    assert batch.frames == tuple(frames)
    assert read(batch.wire) == [f'42["chat",{n}]' for n in range(3)]
    assert Batch([]).wire == b""


def test_a_lone_surrogate_does_not_stop_us() -> None:
    frame = Frame.event("chat", "a\ud800")
    assert json.loads(frame.packet[2:]) == ["chat", "a\ud800"]
    assert read(frame.wire)


def test_other_packets() -> None:
    assert Frame.ack("7", {"ok": True}).packet == '437[{"ok":true}]'
    assert Frame.connect("s").packet == '40{"sid":"s"}'
    assert Frame.connect_error("/x", "no").packet == '44/x,{"message":"no"}'
    assert close_frame(1000) == b"\x88\x02\x03\xe8"


@given(st.text(), st.recursive(st.none() | st.integers(-(2**53), 2**53) | st.text(), st.lists))
def test_any_payload_is_read_back(name: str, payload: object) -> None:
    assert json.loads(Frame.event(name, payload).packet[2:]) == [name, payload]
