"""The polling request: reads a plain poll (GET) or post (POST) of Engine.IO.

A browser sends the same headers with all its polls. They are read once, and then known by their
bytes.
"""

import asyncio
import re
from functools import lru_cache

from msgspec import Struct

from common.hosts import REMEMBERED
from gateway.server.plain_head import HEAD_END, PlainHeadReader, Sender

_PARAMETERS = rb"EIO=4()|transport=polling()|sid=([\w.-]++)|t=[\w.-]++()|b64=\w++()"
"""The parameters that are known, each in a group of its own."""
QUERY_BYTES = 500
UNUSUAL = frozenset((b"access-control-request-headers", b"upgrade"))
"""Their answers have other headers."""


class PollingHeaders(Struct, frozen=True):
    sender: Sender
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
        self._heads = PlainHeadReader(loop, UNUSUAL)
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
        head = self._heads.read(method + b" / HTTP/1.1\r\n" + lines)
        if head is None or head.request.should_close:
            return None
        return PollingHeaders(head.sender, head.request.headers.get("Content-Length"))
