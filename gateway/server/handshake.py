"""The handshake: reads the first bytes of a connection, if they are a plain WebSocket handshake."""

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache

from aiohttp.http_writer import HttpVersion11
from msgspec import Struct

from common.hosts import REMEMBERED
from gateway.server.plain_head import HEAD_END, PlainHeadReader, Sender
from gateway.transport.takeover import websocket_accept

ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n"
)
_QUERY = re.compile(r"\w+=[\w.-]*(?:&\w+=[\w.-]*)*", re.ASCII)
_PARAMETERS = frozenset(("EIO", "transport", "sid", "t", "b64"))


class Handshake(Struct, frozen=True):
    """A request for a WebSocket."""

    sid: str
    """The Engine.IO session that is to be upgraded; empty for a new one."""
    sender: Sender
    answer: bytes
    """The response: 101, Switching Protocols."""
    early: bytes
    """The bytes that came right behind the request: WebSocket frames."""


class HandshakeReader:
    """Reads handshakes for Engine.IO at this path, such as `/socket.io/`."""

    def __init__(self, path: str, loop: asyncio.AbstractEventLoop) -> None:
        self._beginning = f"GET {path}?".encode()
        self._query_start = len(path) + 1
        self._heads = PlainHeadReader(loop, unusual={b"content-length"})  # it has no body

    def read(self, data: bytes) -> Handshake | None:
        """Returns the handshake that these bytes begin with; None if they are anything else, or
        only a part of one."""
        if not data.startswith(self._beginning) or HEAD_END not in data:
            return None
        head = self._heads.read(data)
        if head is None or not head.upgraded or head.request.version != HttpVersion11:
            return None
        accept = websocket_accept(head.request.headers)
        parameters = _parameters(head.request.path[self._query_start :])
        if (
            not accept
            or parameters.get("EIO") != "4"
            or parameters.get("transport") != "websocket"
            or parameters.get("sid") == ""
        ):
            return None
        return Handshake(
            sid=parameters.get("sid", ""),
            sender=head.sender,
            answer=ANSWER.format(accept).encode(),
            early=head.rest,
        )


@lru_cache(REMEMBERED)
def _parameters(query: str) -> Mapping[str, str]:
    """The parameters of a query; none if it has any that is unknown, escaped or given twice."""
    if not _QUERY.fullmatch(query):
        return {}
    pairs = [each.split("=") for each in query.split("&")]
    parameters = {name: value for name, value in pairs}
    return parameters if len(parameters) == len(pairs) and parameters.keys() <= _PARAMETERS else {}
