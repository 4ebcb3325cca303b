"""The WebSocket frames of a browser, read from its bytes (RFC 6455, section 5).

A frame's header (section 5.2), as far as it is used here::

    byte 0    FIN, RSV1, RSV2, RSV3 (one bit each), opcode (4 bits)
    byte 1    MASK (1 bit), payload length (7 bits); 126: 2 more bytes have it, 127: 8 more
    then      the extended payload length, if there is one; the masking key, 4 bytes

A message is one frame with FIN, or several fragments: the first has the message's opcode, the
others have CONTINUATION, and the last one has FIN.
"""

from gateway.protocol.packets import HEAD_CHARS, Malformed
from gateway.protocol.sizes import Sizes

FIN = 0x80
RSV = 0x70
OPCODE = 0x0F
CONTROL = 0x08
"""The bit of the opcode that control frames have: CLOSE, PING and PONG."""
MASK = 0x80
LENGTH = 0x7F
LENGTH_IN_2_BYTES, LENGTH_IN_8_BYTES = 126, 127
KEY_BYTES = 4

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
OPCODES = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))
FRAGMENT = CONTINUATION
"""What `FrameReader.next` returns for each fragment but the last, the first one included."""
LARGE = 16
"""Added to TEXT or BINARY: the payload is only the beginning of a message that is too large."""
SHORT_BYTES = 125
"""The most payload that needs no extended length."""
CONTROL_BYTES = 125
"""The most payload of a control frame (section 5.5)."""


class FrameReader:
    """Turns one connection's bytes into (opcode, payload): whole messages, and the control frames
    between their fragments.

    Only the beginning is kept of a message that is larger than a packet may be. Compression is
    never negotiated, so RSV1 to RSV3 are never set.
    """

    __slots__ = (
        "_at", "_bytes", "_dropping", "_fin", "_message", "_opcode", "_size", "_sizes",
    )  # fmt: skip

    def __init__(self, sizes: Sizes) -> None:
        self._sizes = sizes
        self._bytes: bytes | bytearray = b""
        """The bytes that were fed; those from `_at` on are not read yet. A bytearray while a frame
        is unfinished."""
        self._at = 0
        self._dropping = 0
        """How many bytes are still to come, and to be dropped, of a frame that is too large."""
        self._fin = False
        """Whether the fragment that was begun last is the last one of its message."""
        self._opcode = 0
        """The opcode of the message whose last fragment has not come."""
        self._message: bytearray | None = None
        """The fragments of that message so far; None if there is none."""
        self._size = 0
        """The size of these fragments in bytes, of which not all may be kept."""

    @property
    def kept_bytes(self) -> int:
        """How many bytes are kept of messages that are unfinished or not read yet."""
        return len(self._bytes) - self._at + len(self._message or b"")

    def feed(self, data: bytes) -> None:
        """Adds bytes that have come. Call this only after `next` has returned None."""
        if not self._bytes:
            self._bytes = data
        else:
            if isinstance(self._bytes, bytes):
                self._bytes = bytearray(self._bytes)
            self._bytes += data  # in place: a large frame may come byte by byte

    def read_short(self, data: bytes) -> str | None:
        """The text, if these bytes are one text message of at most SHORT_BYTES and nothing that
        came before is unfinished; as nearly always. None otherwise: then feed them."""
        size = len(data) - 2 - KEY_BYTES
        if (
            self._bytes
            or self._dropping
            or self._message is not None
            or not 0 <= size <= SHORT_BYTES
            or data[0] != FIN | TEXT
            or data[1] != MASK | size
        ):
            return None
        try:
            return _unmasked(data[2 + KEY_BYTES :], data[2 : 2 + KEY_BYTES]).decode()
        except UnicodeDecodeError:
            return None

    def next(self) -> tuple[int, bytes] | None:
        """Returns the next message or control frame; (FRAGMENT, payload) for a fragment that is not
        the last one; None if more bytes have to come first. Raises Malformed: then do not call it
        again."""
        data, at = self._bytes, self._at
        if self._dropping:
            return self._drop()
        end = len(data)
        if end - at < 2:
            self._wait()
            return None
        first, size = data[at], data[at + 1] & LENGTH
        if not data[at + 1] & MASK:
            raise Malformed("a frame that is not masked")
        start = at + 2 + KEY_BYTES
        if size >= LENGTH_IN_2_BYTES:
            start += 2 if size == LENGTH_IN_2_BYTES else 8
            if end < start - KEY_BYTES:
                self._wait()
                return None
            size = int.from_bytes(data[at + 2 : start - KEY_BYTES], "big")
        fin, opcode = bool(first & FIN), first & OPCODE
        self._check(first & RSV, fin, opcode, size)
        control = opcode & CONTROL
        large = not control and self._size + size > self._sizes.packet_bytes
        taken = min(size, HEAD_CHARS) if large else size
        if end - start < taken:
            self._wait()
            return None
        payload = _unmasked(data[start : start + taken], data[start - KEY_BYTES : start])
        self._at = start + taken
        if control or (fin and not large and self._message is None):
            return opcode, payload
        return self._add_fragment(fin, opcode, payload, size)

    def _check(self, rsv: int, fin: bool, opcode: int, size: int) -> None:
        if rsv or opcode not in OPCODES:
            raise Malformed("a frame of a kind that was not agreed on")
        if opcode & CONTROL:
            if size > CONTROL_BYTES or not fin:
                raise Malformed("a control frame that is long or in parts")
        elif (opcode == CONTINUATION) != (self._message is not None):
            raise Malformed("a message inside another")
        elif size + self._size > self._sizes.body_bytes:
            raise Malformed("too large")

    def _add_fragment(
        self, fin: bool, opcode: int, payload: bytes, size: int
    ) -> tuple[int, bytes] | None:
        """Adds a frame that is not a whole message, or of which only the beginning is kept: the
        `payload`, of `size` bytes in all."""
        if self._message is None:
            self._opcode, self._message = opcode, bytearray()
        self._message += payload
        self._size += size
        if self._size > self._sizes.packet_bytes:
            self._opcode |= LARGE
            del self._message[HEAD_CHARS:]
        self._dropping, self._fin = size - len(payload), fin
        return self._drop() if self._dropping else self._end_fragment(payload)

    def _drop(self) -> tuple[int, bytes] | None:
        """Drops the bytes that have come of a frame that is too large."""
        dropped = min(self._dropping, len(self._bytes) - self._at)
        self._dropping -= dropped
        self._at += dropped
        if not self._dropping:
            return self._end_fragment(b"")
        self._wait()
        return None

    def _end_fragment(self, payload: bytes) -> tuple[int, bytes]:
        """Returns the message if this fragment was its last one, else the fragment."""
        if not self._fin:
            return FRAGMENT, payload
        message, opcode = bytes(self._message or b""), self._opcode
        self._message, self._size = None, 0
        return opcode, message

    def _wait(self) -> None:
        """Drops the bytes that were read: only an unfinished frame is kept until more come."""
        if self._at == len(self._bytes):
            self._bytes = b""
        elif isinstance(self._bytes, bytearray):
            del self._bytes[: self._at]
        elif self._at:
            self._bytes = bytearray(self._bytes[self._at :])
        self._at = 0


def _unmasked(payload: bytes | bytearray, key: bytes | bytearray) -> bytes:
    """The payload XOR the masking key, repeated (section 5.3); computed on one large integer."""
    size = len(payload)
    mask = (key * (size // KEY_BYTES + 1))[:size]
    both = int.from_bytes(payload, "little") ^ int.from_bytes(mask, "little")
    return both.to_bytes(size, "little")
