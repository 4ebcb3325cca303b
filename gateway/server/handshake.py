"""The handshake: reads the first bytes of a connection, if they are a plain WebSocket handshake.

Most connections of a chat begin with such a request and nothing else. It is read here, by the
parser that aiohttp's server uses, and answered without aiohttp's server, which takes ten times as
long. Everything else is left to aiohttp, odd handshakes included: the rules here are stricter than
those of aiohttp and python-engineio, so that what is accepted here would be accepted there.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser
from aiohttp.http_writer import HttpVersion11
from msgspec import Struct

from gateway.transport.takeover import websocket_accept

HEAD_END = b"\r\n\r\n"
ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n"
)
PARSER_BYTES = 1 << 16
"""The size of the parser's buffer for bodies, of which a handshake has none."""
_QUERY = re.compile(r"\w+=[\w.-]*(?:&\w+=[\w.-]*)*", re.ASCII)
_PARAMETERS = frozenset(("EIO", "transport", "sid", "t", "b64"))
_UNUSUAL = frozenset((b"content-encoding", b"content-length", b"expect", b"transfer-encoding"))
"""Headers with which a request is left to aiohttp: they announce a body, or ask for another answer
first."""


class Handshake(Struct, frozen=True):
    """A request for a WebSocket."""

    sid: str
    """The Engine.IO session that is to be upgraded; empty for a new one."""
    host: str
    origin: str | None
    x_forwarded_for: Sequence[str]
    forwarded: Sequence[str]
    answer: bytes
    """The response: 101, Switching Protocols."""
    early: bytes
    """The bytes that came right behind the request: WebSocket frames."""


class HandshakeReader:
    """Reads handshakes for Engine.IO at this path, such as `/socket.io/`."""

    def __init__(self, path: str, loop: asyncio.AbstractEventLoop) -> None:
        self._beginning = f"GET {path}?".encode()
        self._query_start = len(path) + 1
        self._loop = loop
        self._protocol = BaseProtocol(loop)

    def read(self, data: bytes) -> Handshake | None:
        """Returns the handshake that these bytes begin with; None if they are anything else, or
        only a part of one."""
        if not data.startswith(self._beginning) or HEAD_END not in data:
            return None
        parser = HttpRequestParser(self._protocol, self._loop, PARSER_BYTES, auto_decompress=False)
        try:
            messages, upgraded, early = parser.feed_data(data)
        except HttpProcessingError:
            return None
        if not upgraded or len(messages) != 1:
            return None
        request, headers = messages[0][0], messages[0][0].headers
        parameters = _parameters(request.path[self._query_start :])
        names = {name.lower() for name, _ in request.raw_headers}
        accept = websocket_accept(headers)
        if (
            not accept
            or request.version != HttpVersion11
            or len(names) != len(headers)
            or not _UNUSUAL.isdisjoint(names)
            or not headers.get("Host")
            or headers.get("Origin") == ""
            or parameters.get("EIO") != "4"
            or parameters.get("transport") != "websocket"
            or parameters.get("sid") == ""
        ):
            return None
        return Handshake(
            sid=parameters.get("sid", ""),
            host=headers["Host"],
            origin=headers.get("Origin"),
            x_forwarded_for=headers.getall("X-Forwarded-For", ()),
            forwarded=headers.getall("Forwarded", ()),
            answer=ANSWER.format(accept).encode(),
            early=early,
        )


@lru_cache(100)  # nearly all are the same few
def _parameters(query: str) -> Mapping[str, str]:
    """The parameters of a query; none if it has any that is unknown, escaped or given twice."""
    if not _QUERY.fullmatch(query):
        return {}
    pairs = [each.split("=") for each in query.split("&")]
    parameters = {name: value for name, value in pairs}
    return parameters if len(parameters) == len(pairs) and parameters.keys() <= _PARAMETERS else {}
