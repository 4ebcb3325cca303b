"""The plain head: the head of a request that is odd in no way, read without aiohttp's server.

Most requests of a chat are handshakes for WebSockets and polls, always with the same few headers.
They are read here, by the parser of aiohttp's server, and answered without that server, which takes
ten times as long. Everything else is left to it: the rules here, and those of `handshake.py` and
`polling_request.py`, are stricter than those of aiohttp and python-engineio, so that what is
accepted here would be accepted there.
"""

import asyncio
from collections.abc import Sequence, Set

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser, RawRequestMessage
from msgspec import Struct

HEAD_END = b"\r\n\r\n"
PARSER_BYTES = 1 << 16
"""The size of the parser's buffer for bodies, which none of these requests has in it."""
UNUSUAL = frozenset((b"content-encoding", b"expect", b"transfer-encoding"))
"""Headers with which a request is left to aiohttp: the size of its body is not told, or it asks for
another answer first."""


class Sender(Struct, frozen=True):
    """What the headers say of the page that sends the request, and of the way that it took."""

    host: str
    origin: str | None
    x_forwarded_for: Sequence[str]
    forwarded: Sequence[str]


class PlainHead(Struct, frozen=True):
    """The head of one request."""

    request: RawRequestMessage
    sender: Sender
    upgraded: bool
    """The request asks for another protocol, as a WebSocket's handshake does."""
    rest: bytes
    """The bytes behind an upgraded head."""


class PlainHeadReader:
    """`unusual`: further headers, in lower case, with which a request is left to aiohttp."""

    def __init__(self, loop: asyncio.AbstractEventLoop, unusual: Set[bytes]) -> None:
        self._loop = loop
        self._protocol = BaseProtocol(loop)
        self._unusual = UNUSUAL | unusual

    def read(self, data: bytes) -> PlainHead | None:
        """The head that these bytes begin with; None if it is not a plain one."""
        parser = HttpRequestParser(self._protocol, self._loop, PARSER_BYTES, auto_decompress=False)
        try:
            messages, upgraded, rest = parser.feed_data(data)
        except HttpProcessingError:
            return None
        if len(messages) != 1:
            return None
        request = messages[0][0]
        headers = request.headers
        names = {name.lower() for name, _ in request.raw_headers}
        host, origin = headers.get("Host"), headers.get("Origin")
        if (
            len(names) != len(headers)
            or not self._unusual.isdisjoint(names)
            or not host
            or not (origin is None or (origin and origin.isascii()))
        ):
            return None
        sender = Sender(
            host, origin, headers.getall("X-Forwarded-For", ()), headers.getall("Forwarded", ())
        )
        return PlainHead(request, sender, upgraded, rest)
