"""The frames: packets to browsers, encoded once for all that get them.

A packet is one of Engine.IO protocol 4 (a type digit, then the Socket.IO packet of protocol 5); it
is sent as a WebSocket frame (RFC 6455, section 5.2) or in the body of a polling response.
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode

# First bytes of WebSocket frames: FIN, no RSV bit, and the opcode.
_FIN_TEXT, _FIN_CLOSE, _FIN_PONG = b"\x81", b"\x88", b"\x8a"


class Frame:
    """One Engine.IO packet, which is text. It is shared by all sockets that get it, so nobody may
    change it."""

    __slots__ = ("_wire", "packet")

    def __init__(self, packet: str) -> None:
        self.packet = packet
        """The packet with its Engine.IO type digit."""
        self._wire: bytes | None = None

    @staticmethod
    def event(name: str, payload: Any) -> "Frame":
        """EVENT in the default namespace, with one argument."""
        return Frame(f"42{_json([name, payload])}")

    @staticmethod
    def ack(id: str, payload: Any) -> "Frame":
        """ACK, the answer to the event that was sent with this id (digits)."""
        return Frame(f"43{id}{_json([payload])}")

    @staticmethod
    def connect(sid: str) -> "Frame":
        """CONNECT, the answer to a CONNECT that was accepted."""
        return Frame(f"40{_json({'sid': sid})}")

    @staticmethod
    def connect_error(namespace: str, message: str) -> "Frame":
        """CONNECT_ERROR. The payload is an object because browsers read its `message`."""
        return Frame(f"44{namespace},{_json({'message': message})}")

    @staticmethod
    def open(sid: str, upgrades: Sequence[str], ping: tuple[float, float], most: int) -> "Frame":
        """Engine.IO's OPEN. `ping` is (interval, timeout) in seconds; `most` is the largest packet
        in bytes that is accepted."""
        interval_s, timeout_s = ping
        return Frame(
            "0"
            + _json(
                {
                    "sid": sid,
                    "upgrades": list(upgrades),
                    "pingInterval": round(interval_s * 1000),
                    "pingTimeout": round(timeout_s * 1000),
                    "maxPayload": most,
                }
            )
        )

    @property
    def wire(self) -> bytes:
        """The packet as a complete unmasked WebSocket frame."""
        if self._wire is None:
            self._wire = text_frame(self.packet)
        return self._wire

    @property
    def frames(self) -> "tuple[Frame, ...]":
        """The frame itself, so that it can be sent like a Batch."""
        return (self,)

    def encode(self, b64: bool) -> str:
        """The packet for a polling response; `engineio.payload.Payload` calls this. `b64` is about
        binary packets, which are never sent."""
        return self.packet


class Batch:
    """Several frames that are sent to the same sockets in one write."""

    __slots__ = ("_wire", "frames")

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames: tuple[Frame, ...] = tuple(frames)
        self._wire: bytes | None = None

    @property
    def wire(self) -> bytes:
        """All frames as WebSocket frames, one after the other."""
        if self._wire is None:
            self._wire = b"".join([frame.wire for frame in self.frames])
        return self._wire


CLOSE = Frame("1")
PING = Frame("2")
PROBE_PONG = Frame("3probe")
NOOP = Frame("6")
DISCONNECT = Frame("41")


def text_frame(text: str) -> bytes:
    """Returns a text frame with FIN, uncompressed and unmasked (RFC 6455, section 5.2). Sizes above
    125 bytes are written in 2 or 8 further bytes."""
    body = text.encode(errors="replace")
    size = len(body)
    if size < 126:
        return _FIN_TEXT + size.to_bytes(1, "big") + body
    if size < 1 << 16:
        return _FIN_TEXT + b"\x7e" + size.to_bytes(2, "big") + body
    return _FIN_TEXT + b"\x7f" + size.to_bytes(8, "big") + body


def close_frame(code: int) -> bytes:
    """Returns a close frame with this status code (RFC 6455, section 5.5.1)."""
    return _FIN_CLOSE + b"\x02" + code.to_bytes(2, "big")


def pong_frame(payload: bytes) -> bytes:
    """Returns the pong for a ping with this payload of at most 125 bytes (section 5.5.3)."""
    return _FIN_PONG + len(payload).to_bytes(1, "big") + payload


def _json(value: Any) -> str:
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        # A lone surrogate cannot be UTF-8. As an escape it at least arrives.
        return json.dumps(value, separators=(",", ":"))
