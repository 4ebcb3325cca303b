"""The bytes of the load: packets that are sent, marks that are searched, WebSocket frames. Pure."""

import json
import re
from collections.abc import Iterator
from typing import Any

MESSAGE = b'"EvtType":"message"'
"""The bytes that each delivery of a message contains once."""
STAMP = b'"Text":"~'
"""The bytes before the time at which a message was sent: STAMP_DIGITS digits, in monotonic
microseconds."""
STAMP_DIGITS = 15

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
"""First bytes of frames, which are neither compressed nor fragmented."""
HEARTBEAT = b"\x81\x012"
"""The whole frame of an Engine.IO ping. No other frame has these bytes: its text is JSON."""


CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


def _target(transport: str, sid: str) -> str:
    """The target of a request of Engine.IO; `sid` is empty before there is a session."""
    return f"/socket.io/?EIO=4&transport={transport}" + (f"&sid={sid}" if sid else "")


def get(authority: str, sid: str) -> bytes:
    """The HTTP request that polls, or that opens a session if `sid` is empty."""
    return f"GET {_target('polling', sid)} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()


def post(authority: str, sid: str, body: str) -> bytes:
    """The HTTP request that sends packets."""
    data = body.encode()
    head = (
        f"POST {_target('polling', sid)} HTTP/1.1\r\nHost: {authority}\r\n"
        f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def content_length(head: bytes) -> int:
    """The size of the body that follows this head of an HTTP answer."""
    found = CONTENT_LENGTH.search(head)
    return int(found[1]) if found else 0


def upgrade(authority: str, sid: str = "") -> bytes:
    """The HTTP request for a WebSocket; with `sid` it is that session's. Its key is constant, since
    the load does not check the answer to it."""
    return (
        f"GET {_target('websocket', sid)} HTTP/1.1\r\n"
        f"Host: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()


def frame(payload: str | bytes, first: int = TEXT) -> bytes:
    """A client's frame. Its mask is zero, which changes no byte and costs no CPU."""
    body = payload.encode() if isinstance(payload, str) else payload
    size = len(body)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((first, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + body


HEARTBEAT_ANSWER = frame("3")
SEPARATOR = b"\x1e"
"""Stands between the packets of one body of HTTP."""
JOIN_ACK = b"430["
"""The begin of the ack of a join. The acks of all other requests have numbers above 0."""


def packet(name: str, payload: Any, ack: int | None = None) -> str:
    """A Socket.IO event; with `ack` it requests an ack of that number."""
    number = "" if ack is None else str(ack)
    return f"42{number}" + json.dumps([name, payload], separators=(",", ":"))


def event(name: str, payload: Any, ack: int | None = None) -> bytes:
    """The frame of such a packet."""
    return frame(packet(name, payload, ack))


def text(now_us: int, size: int) -> str:
    """A message text of `size` characters that contains the time at which it was sent."""
    return f"~{now_us:0{STAMP_DIGITS}d}".ljust(size, "x")


def sent_us(buffer: bytes | bytearray, end: int) -> int | None:
    """The time at which the first stamped message in these bytes was sent; None if there is
    none."""
    at = buffer.find(STAMP, 0, end)
    if at < 0:
        return None
    at += len(STAMP)
    try:
        return int(buffer[at : at + STAMP_DIGITS])
    except ValueError:
        return None


def holds_seq(buffer: bytes | bytearray, end: int, seq: int) -> bool:
    """Whether the event of this Seq is in these bytes. It is searched from their end."""
    at = end
    mark = b'"Seq":%d' % seq
    while (at := buffer.rfind(mark, 0, at)) >= 0:
        if not buffer[at + len(mark) : at + len(mark) + 1].isdigit():
            return True
    return False


def whole(buffer: bytearray, end: int) -> int:
    """The offset at which the last whole frame in these bytes ends."""
    at = 0
    while at + 1 < end:
        size = buffer[at + 1]
        if size < 126:
            after = at + 2 + size
        elif size == 126:
            if at + 4 > end:
                break
            after = at + 4 + (buffer[at + 2] << 8 | buffer[at + 3])
        else:
            if at + 10 > end:
                break
            after = at + 10 + int.from_bytes(buffer[at + 2 : at + 10], "big")
        if after > end:
            break
        at = after
    return at


def frames(buffer: bytearray, end: int) -> Iterator[tuple[int, bytes]]:
    """Yields the first byte and the payload of each frame; all of them must be whole."""
    at = 0
    while at < end:
        size, start = buffer[at + 1], at + 2
        if size == 126:
            size, start = buffer[at + 2] << 8 | buffer[at + 3], at + 4
        elif size == 127:
            size, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
        yield buffer[at], bytes(buffer[start : start + size])
        at = start + size
