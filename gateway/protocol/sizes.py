"""The sizes: how large what a browser sends may be, and what becomes of what is larger. Pure."""

from msgspec import Struct

ESCAPED_BYTES = 16
"""The most that a code point takes: twelve bytes as two escaped surrogates, whose two backslashes
are escaped once more in the plain form's JSON inside of JSON."""
AROUND_BYTES = 96 << 10
"""What may stand around a text. Nothing asks for more than the handshake's `auth` with its 100
rooms, which has no text."""
AROUND_VALUES = 2000
BODY_BYTES = 2_500_000


class Sizes(Struct, frozen=True):
    """They follow from the longest text that may be said. No packet within them takes longer than
    a few milliseconds to be read, and answered by a refusal."""

    packet_bytes: int
    """A packet that is larger is not kept while it comes, and not read: it is `too_long`."""
    values: int
    """JSON with more keys and values than this is not read either: each costs more than many bytes.
    """
    body_bytes: int
    """A polling request or packet that is larger than this is not even awaited: its connection is
    closed."""


def too_many_values(json: str, most: int) -> bool:
    """Whether there may be more keys and values, found without a look at each."""
    return len(json) > most and sum(map(json.count, ",:[{")) > most


def sizes(text_chars: int) -> Sizes:
    packet_bytes = ESCAPED_BYTES * text_chars + AROUND_BYTES
    return Sizes(packet_bytes, text_chars + AROUND_VALUES, max(BODY_BYTES, 2 * packet_bytes))
