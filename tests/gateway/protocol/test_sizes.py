"""gateway/protocol/sizes.py: all that a browser may send is within the limits."""

import json

import pytest

from gateway.protocol.sizes import sizes, too_many_values


@pytest.mark.parametrize("character", ["x", "😀", "\\", '"', ",", ":", "[", "{", "\u0001"])
@pytest.mark.parametrize("text_chars", [1, 4000, 100_000])
def test_the_longest_text_passes_in_any_usual_escape(character: str, text_chars: int) -> None:
    most, text = sizes(text_chars), character * text_chars
    for escaped in (True, False):
        plain = json.dumps({"user": "x" * 40, "message": text}, ensure_ascii=escaped)
        for event in (["chat", plain], ["chat", {"room": "x" * 64, "message": text}]):
            packet = json.dumps(event, ensure_ascii=escaped)
            assert len(packet.encode()) <= most.packet_bytes
            assert not too_many_values(packet, most.values)


def test_the_largest_handshake_passes() -> None:
    since = {"Epoch": "x" * 64, "Seq": 1 << 52}
    auth = {"token": "x" * 64, "join": [{"room": "𐐨" * 64, "since": since}] * 100}
    packet = json.dumps(auth)
    assert len(packet) <= sizes(1).packet_bytes
    assert not too_many_values(packet, sizes(1).values)
