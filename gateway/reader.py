"""The WebSocket frames of a browser (RFC 6455, section 5), taken apart. Pure."""

from collections.abc import Iterator

from gateway.packets import Malformed

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTROL_BYTES = 125


class Reader:
    """One connection's bytes become (opcode, payload): whole messages, and control frames between
    their parts. Compression is never negotiated. Raises Malformed, after which it is not to be fed
    again."""

    __slots__ = ("_bytes", "_limit_bytes", "_opcode", "_parts")

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._bytes: bytes | bytearray = b""
        """The beginning of a frame whose rest has not come: a bytearray when there is some."""
        self._opcode = 0
        self._parts: bytearray | None = None
        """A message whose last part has not come."""

    def feed(self, data: bytes | bytearray) -> Iterator[tuple[int, bytes]]:
        """To be exhausted before the next call."""
        if self._bytes:
            self._bytes += data  # in place: a large frame may come byte by byte
            data = self._bytes
        at, end = 0, len(data)
        while end - at >= 2:
            first, size = data[at], data[at + 1] & 0x7F
            if not data[at + 1] & 0x80:
                raise Malformed("a frame that is not masked")
            start = at + 6
            if size >= 126:
                start += 2 if size == 126 else 8
                if end < start - 4:
                    break
                size = int.from_bytes(data[at + 2 : start - 4], "big")
            self._check(first, size)
            if end - start < size:
                break
            payload = _unmasked(data[start : start + size], data[start - 4 : start])
            at = start + size
            if first & 0x8F in (0x80 | TEXT, 0x80 | BINARY) or first & 0x08:
                yield first & 0x0F, payload
            else:
                yield from self._part(first, payload)
        if at == end:
            self._bytes = b""
        elif isinstance(data, bytearray):
            del data[:at]
        else:
            self._bytes = bytearray(data[at:])

    def _check(self, first: int, size: int) -> None:
        opcode = first & 0x0F
        if first & 0x70 or opcode not in (0, TEXT, BINARY, CLOSE, PING, PONG):
            raise Malformed("a frame of a kind that was not agreed on")
        if opcode & 0x08:
            if size > CONTROL_BYTES or not first & 0x80:
                raise Malformed("a control frame that is long or in parts")
        elif (opcode == 0) != (self._parts is not None):
            raise Malformed("a message inside another")
        elif size + len(self._parts or b"") > self._limit_bytes:
            raise Malformed("too large")

    def _part(self, first: int, payload: bytes) -> Iterator[tuple[int, bytes]]:
        if self._parts is None:
            self._opcode, self._parts = first & 0x0F, bytearray()
        self._parts += payload
        if first & 0x80:
            whole, self._parts = bytes(self._parts), None
            yield self._opcode, whole


def _unmasked(payload: bytes | bytearray, key: bytes | bytearray) -> bytes:
    """Section 5.3, all bytes at once."""
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    both = int.from_bytes(payload, "little") ^ int.from_bytes(mask, "little")
    return both.to_bytes(size, "little")
