"""The polling request: reads a plain poll (GET) or post (POST) of Engine.IO.

A browser sends the same headers with all its polls. They are read once, by the parser of aiohttp's
server, and then known by their bytes. Everything that is odd in any way is left to aiohttp, as in
`handshake.py`.
"""

import asyncio
import re
from collections.abc import Sequence
from functools import lru_cache

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser
from msgspec import Struct

from gateway.server.handshake import HEAD_END, PARSER_BYTES

REMEMBERED = 100
"""Browsers of one kind at one page send the same headers, until some proxy names each of them."""
_PARAMETERS = rb"EIO=4()|transport=polling()|sid=([\w.-]++)|t=[\w.-]++()|b64=\w++()"
"""The parameters that are known, each in a group of its own."""
QUERY_BYTES = 500
_UNUSUAL = frozenset(
    (
        b"access-control-request-headers", b"content-encoding", b"expect", b"transfer-encoding",
        b"upgrade",
    )
)  # fmt: skip
"""Headers with which a request is left to aiohttp: its answer is another one, or the size of its
body is not told."""


class PollingHeaders(Struct, frozen=True):
    host: str
    origin: str | None
    x_forwarded_for: Sequence[str]
    forwarded: Sequence[str]
    content_length: str | None


class PollingRequest(Struct, frozen=True):
    sid: str
    """The Engine.IO session; empty if a new one is asked for."""
    headers: PollingHeaders
    posted: bytes | None
    """The body of a POST; None if the request is a GET, which has none."""


class PollingReader:
    """Reads requests for Engine.IO at this path, such as `/socket.io/`."""

    def __init__(self, path: str, loop: asyncio.AbstractEventLoop) -> None:
        self._line = re.compile(
            rb"(GET|POST) %b\?((?:(?:%b)(?:&|(?= )))++) HTTP/1\.1\r\n"
            % (re.escape(path.encode()), _PARAMETERS)
        )
        self._loop = loop
        self._protocol = BaseProtocol(loop)
        self._headers = lru_cache(REMEMBERED)(self._parsed)

    def read(self, data: bytes) -> PollingRequest | None:
        """Returns the request that these bytes are; None if they are anything else, such as a part
        of a request, or more than one."""
        line, end = self._line.match(data), data.find(HEAD_END)
        if line is None or end < 0:
            return None
        method, query, *parameters = line.groups()
        version, transport, sid, *_ = parameters
        given = len(parameters) - parameters.count(None)
        if version is None or transport is None or len(query) > QUERY_BYTES:
            return None
        if query.count(b"&") != given - 1:
            return None  # a parameter is given twice, for example
        sid = "" if sid is None else sid.decode()
        body = data[end + len(HEAD_END) :]
        headers = self._headers(method, data[line.end() : len(data) - len(body)])
        if method == b"GET":
            if headers is None or body or headers.content_length is not None:
                return None
            return PollingRequest(sid, headers, None)
        if headers is None or headers.content_length != str(len(body)) or not sid:
            return None
        return PollingRequest(sid, headers, body)

    def _parsed(self, method: bytes, lines: bytes) -> PollingHeaders | None:
        """The headers in these lines, if they are plain."""
        parser = HttpRequestParser(self._protocol, self._loop, PARSER_BYTES, auto_decompress=False)
        try:
            messages, _, _ = parser.feed_data(method + b" / HTTP/1.1\r\n" + lines)
        except HttpProcessingError:
            return None
        if len(messages) != 1:
            return None
        request, headers = messages[0][0], messages[0][0].headers
        names = {name.lower() for name, _ in request.raw_headers}
        origin = headers.get("Origin")
        if (
            request.should_close
            or len(names) != len(headers)
            or not _UNUSUAL.isdisjoint(names)
            or not headers.get("Host")
            or not (origin is None or (origin and origin.isascii()))
        ):
            return None
        return PollingHeaders(
            host=headers["Host"],
            origin=origin,
            x_forwarded_for=headers.getall("X-Forwarded-For", ()),
            forwarded=headers.getall("Forwarded", ()),
            content_length=headers.get("Content-Length"),
        )
