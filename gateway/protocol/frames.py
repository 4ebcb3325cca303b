"""The frames: what goes out to browsers, encoded once, for polling and WebSocket alike. Pure."""

import base64
import json
from collections.abc import Sequence
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


class Frame:
    """One Engine.IO packet, as it is sent to everybody: nobody may change it."""

    __slots__ = ("_wire", "packet")

    def __init__(self, packet: str | bytes) -> None:
        self.packet = packet
        """With its Engine.IO type digit; bytes are a binary message."""
        self._wire: bytes | None = None

    @staticmethod
    def event(name: str, payload: Any) -> "Frame":
        return Frame(f"42{_json([name, payload])}")

    @staticmethod
    def ack(id: str, payload: Any) -> "Frame":
        """The answer to the event that was sent with this id (digits)."""
        return Frame(f"43{id}{_json([payload])}")

    @staticmethod
    def connect(sid: str) -> "Frame":
        return Frame(f"40{_json({'sid': sid})}")

    @staticmethod
    def connect_error(namespace: str, message: str) -> "Frame":
        """An object, as browsers read `err.message`."""
        return Frame(f"44{namespace},{_json({'message': message})}")

    @staticmethod
    def open(sid: str, upgrades: Sequence[str], ping: tuple[float, float], most: int) -> "Frame":
        """The handshake. `ping` is (interval, timeout) in seconds, `most` the largest packet in
        bytes that is taken."""
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
    def text(self) -> str:
        """The Socket.IO packet: without the Engine.IO digit."""
        return self.packet[1:] if isinstance(self.packet, str) else ""

    @property
    def wire(self) -> bytes:
        """A complete unmasked WebSocket frame."""
        if self._wire is None:
            self._wire = websocket_frame(self.packet)
        return self._wire

    @property
    def frames(self) -> "tuple[Frame, ...]":
        return (self,)

    def encode(self, b64: bool = False) -> str | bytes:
        """As the library's polling transport wants it (`engineio.payload.Payload`)."""
        if b64 and isinstance(self.packet, bytes):
            return "b" + base64.b64encode(self.packet).decode()
        return self.packet


class Batch:
    """Several frames for the same audience in one write."""

    __slots__ = ("_wire", "frames")

    def __init__(self, frames: Sequence[Frame]) -> None:
        self.frames: tuple[Frame, ...] = tuple(frames)
        self._wire: bytes | None = None

    @property
    def wire(self) -> bytes:
        if self._wire is None:
            self._wire = b"".join([frame.wire for frame in self.frames])
        return self._wire


CLOSE = Frame("1")
PING = Frame("2")
PROBE_PONG = Frame("3probe")
NOOP = Frame("6")
DISCONNECT = Frame("41")


def websocket_frame(payload: str | bytes) -> bytes:
    """One final data frame as a server sends it: text or binary, uncompressed, unmasked."""
    first = b"\x82" if isinstance(payload, bytes) else b"\x81"
    body = payload if isinstance(payload, bytes) else payload.encode(errors="replace")
    size = len(body)
    if size < 126:
        return first + size.to_bytes(1, "big") + body
    if size < 1 << 16:
        return first + b"\x7e" + size.to_bytes(2, "big") + body
    return first + b"\x7f" + size.to_bytes(8, "big") + body


def close_frame(code: int) -> bytes:
    """The WebSocket close frame."""
    return b"\x88\x02" + code.to_bytes(2, "big")


def pong_frame(payload: bytes) -> bytes:
    """The WebSocket pong for a ping with this payload, of 125 bytes at the most."""
    return b"\x8a" + len(payload).to_bytes(1, "big") + payload


def _json(value: Any) -> str:
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        # A lone surrogate, which no UTF-8 has: as an escape it at least arrives.
        return json.dumps(value, separators=(",", ":"))
