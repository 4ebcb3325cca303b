"""The sizes: how large a packet of a browser may be, and what happens to a larger one."""

from msgspec import Struct

ESCAPED_BYTES = 16
"""The most bytes of one code point: two escaped surrogates are twelve, and their two backslashes
are escaped once more in the plain form, which is JSON inside of JSON."""
AROUND_BYTES = 96 << 10
"""The most bytes of a packet besides a text. The handshake's `auth` with its 100 rooms, which has
no text, is the largest packet of all kinds."""
AROUND_VALUES = 2000
"""The most keys and values of a packet besides a text."""
BODY_BYTES = 2_500_000
"""The least limit of a polling request's body."""


class Sizes(Struct, frozen=True):
    """The limits that follow from the longest text that a message may have. To read any packet
    within them, and to refuse it, takes at most a few milliseconds."""

    packet_bytes: int
    """A larger packet is neither kept while it comes nor parsed: it is refused as `too_long`."""
    values: int
    """JSON with more keys and values than this is not parsed either: a value costs more time than
    many bytes of text."""
    body_bytes: int
    """A connection is closed as soon as a polling request or a packet turns out to be larger than
    this."""


def too_many_values(json: str, most: int) -> bool:
    """Whether a JSON text may have more than `most` keys and values. It counts the marks that stand
    before these (`,` `:` `[` `{`), even inside strings: that is much quicker than parsing."""
    return len(json) > most and sum(map(json.count, ",:[{")) > most


def sizes(text_chars: int) -> Sizes:
    """Returns the limits for messages of at most `text_chars` code points."""
    packet_bytes = ESCAPED_BYTES * text_chars + AROUND_BYTES
    return Sizes(packet_bytes, text_chars + AROUND_VALUES, max(BODY_BYTES, 2 * packet_bytes))
