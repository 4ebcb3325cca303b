"""The WebSocket frames of a browser (RFC 6455, section 5), taken apart. Pure."""

from gateway.protocol.packets import HEAD_CHARS, Malformed
from gateway.protocol.sizes import Sizes

PART, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
CONTROL_BYTES = 125
LARGE = 16
"""With TEXT or BINARY: only the beginning of a message that is too large."""


class FrameReader:
    """One connection's bytes become (opcode, payload): whole messages, and control frames between
    their parts. Of a message that is larger than a packet only its beginning is kept. Compression
    is never negotiated."""

    __slots__ = ("_at", "_bytes", "_final", "_left", "_opcode", "_parts", "_size", "_sizes")

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._bytes: bytes | bytearray = b""
        """What was fed and is not read yet, from `_at` on: a bytearray when a frame is unfinished.
        """
        self._at = 0
        self._left = 0
        """What is still to come, and to be dropped, of a frame that is too large."""
        self._final = False
        """The frame that was begun last ends its message."""
        self._opcode = 0
        """Of the message whose last part has not come."""
        self._parts: bytearray | None = None
        self._size = 0

    @property
    def kept_bytes(self) -> int:
        """What is kept of what is not finished, or not read yet."""
        return len(self._bytes) - self._at + len(self._parts or b"")

    def feed(self, data: bytes) -> None:
        """More has come, after `next` had nothing more."""
        if not self._bytes:
            self._bytes = data
        else:
            if isinstance(self._bytes, bytes):
                self._bytes = bytearray(self._bytes)
            self._bytes += data  # in place: a large frame may come byte by byte

    def next(self) -> tuple[int, bytes] | None:
        """The next message, control frame, or (PART, bytes) for a frame that ends no message; None
        if more has to come first. Raises Malformed, after which it is not to be called again."""
        data, at = self._bytes, self._at
        if self._left:
            return self._drop()
        end = len(data)
        if end - at < 2:
            self._wait()
            return None
        first, size = data[at], data[at + 1] & 0x7F
        if not data[at + 1] & 0x80:
            raise Malformed("a frame that is not masked")
        start = at + 6
        if size >= 126:
            start += 2 if size == 126 else 8
            if end < start - 4:
                self._wait()
                return None
            size = int.from_bytes(data[at + 2 : start - 4], "big")
        self._check(first, size)
        large = not first & 0x08 and self._size + size > self._sizes.packet_bytes
        taken = min(size, HEAD_CHARS) if large else size
        if end - start < taken:
            self._wait()
            return None
        payload = _unmasked(data[start : start + taken], data[start - 4 : start])
        self._at = start + taken
        if first & 0x08 or (first & 0x80 and not large and self._parts is None):
            return first & 0x0F, payload
        return self._part(first, payload, size)

    def _check(self, first: int, size: int) -> None:
        opcode = first & 0x0F
        if first & 0x70 or opcode not in (0, TEXT, BINARY, CLOSE, PING, PONG):
            raise Malformed("a frame of a kind that was not agreed on")
        if opcode & 0x08:
            if size > CONTROL_BYTES or not first & 0x80:
                raise Malformed("a control frame that is long or in parts")
        elif (opcode == 0) != (self._parts is not None):
            raise Malformed("a message inside another")
        elif size + self._size > self._sizes.body_bytes:
            raise Malformed("too large")

    def _part(self, first: int, payload: bytes, size: int) -> tuple[int, bytes] | None:
        """A frame that is no whole message."""
        if self._parts is None:
            self._opcode, self._parts = first & 0x0F, bytearray()
        self._parts += payload
        self._size += size
        if self._size > self._sizes.packet_bytes:
            self._opcode |= LARGE
            del self._parts[HEAD_CHARS:]
        self._left, self._final = size - len(payload), bool(first & 0x80)
        return self._drop() if self._left else self._ended(payload)

    def _drop(self) -> tuple[int, bytes] | None:
        """What has come of a frame that is too large."""
        dropped = min(self._left, len(self._bytes) - self._at)
        self._left -= dropped
        self._at += dropped
        if not self._left:
            return self._ended(b"")
        self._wait()
        return None

    def _ended(self, payload: bytes) -> tuple[int, bytes]:
        """A frame's end, which is that of its message or not."""
        if not self._final:
            return PART, payload
        whole, opcode = bytes(self._parts or b""), self._opcode
        self._parts, self._size = None, 0
        return opcode, whole

    def _wait(self) -> None:
        """Keeps no more than what is needed until more has come."""
        if self._at == len(self._bytes):
            self._bytes = b""
        elif isinstance(self._bytes, bytearray):
            del self._bytes[: self._at]
        elif self._at:
            self._bytes = bytearray(self._bytes[self._at :])
        self._at = 0


def _unmasked(payload: bytes | bytearray, key: bytes | bytearray) -> bytes:
    """Section 5.3, all bytes at once."""
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    both = int.from_bytes(payload, "little") ^ int.from_bytes(mask, "little")
    return both.to_bytes(size, "little")
