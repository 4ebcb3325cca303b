"""The takeover: the WebSocket handshake, after which aiohttp lets the connection go.

aiohttp keeps a task, a parser and a request for as long as a connection lasts, and asyncio keeps a
transport. An established WebSocket needs none of them: its socket goes on in a Stream. To aiohttp
it looks as if the browser had closed the connection after the answer.
"""

import base64
import hashlib
import socket
from collections.abc import Mapping

from aiohttp import web

from gateway.runtime.descriptor_quota import may_stay

VERSIONS = ("13", "8", "7")
"""Those that aiohttp accepts as well."""
KEY_BYTES = 16
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""


class ReadAhead:
    """Collects the bytes that a browser sent right behind its handshake. aiohttp takes it for a
    payload parser."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        pass


async def take_over(request: web.Request) -> tuple[web.StreamResponse, socket.socket, bytes]:
    """Answers the handshake (RFC 6455, section 4.2). Returns the answer, for aiohttp; the connected
    socket, which the caller owns from now on; and the bytes that have come on it already. Raises
    HTTPBadRequest if the request is no handshake or its connection is lost, HTTPServiceUnavailable
    if no descriptor is left for it."""
    accept = websocket_accept(request.headers)
    if not accept:
        raise web.HTTPBadRequest(text="this is not a WebSocket handshake\n")
    answer = web.StreamResponse(status=101)
    answer.headers["Upgrade"] = "websocket"
    answer.headers["Connection"] = "Upgrade"
    answer.headers["Sec-WebSocket-Accept"] = accept
    taken = _taken(request)
    try:
        await answer.prepare(request)
        return answer, taken, _let_go(request)
    except BaseException as error:
        taken.close()
        if isinstance(error, OSError):  # the browser is gone: it does not get this answer
            raise web.HTTPBadRequest(text="the connection was lost\n") from None
        raise


def websocket_accept(headers: Mapping[str, str]) -> str:
    """The Sec-WebSocket-Accept that answers a request with these headers (RFC 6455, section 4.2.2);
    empty if they are not those of a WebSocket handshake (section 4.2.1)."""
    if (
        headers.get("Upgrade", "").strip().lower() != "websocket"
        or "upgrade" not in headers.get("Connection", "").lower()
        or headers.get("Sec-WebSocket-Version", "") not in VERSIONS
    ):
        return ""
    key = headers.get("Sec-WebSocket-Key", "")
    try:
        if len(base64.b64decode(key)) != KEY_BYTES:
            return ""
    except ValueError:
        return ""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


def _taken(request: web.Request) -> socket.socket:
    """A second descriptor of the socket, which outlives aiohttp's."""
    if request.transport is None:
        raise web.HTTPBadRequest(text="lost in the handshake\n")
    try:
        taken: socket.socket = request.transport.get_extra_info("socket").dup()
    except OSError:
        raise full() from None
    if not may_stay(taken.fileno()):
        taken.close()
        raise full()
    return taken


def _let_go(request: web.Request) -> bytes:
    """Takes the connection away from aiohttp. Returns the bytes that aiohttp has read already.
    Raises OSError if the connection is lost."""
    transport = request.transport
    if transport is None:
        raise ConnectionResetError
    try:
        if transport.is_closing() or transport.get_write_buffer_size():
            raise ConnectionResetError
        early = ReadAhead()
        request.protocol.set_parser(early)  # type: ignore[arg-type]
    finally:
        transport.abort()
    return early.data


def full() -> web.HTTPServiceUnavailable:
    """The error to raise when no descriptor is left for a connection that stays."""
    text = "this gateway is full: try another one, or again later\n"
    refusal = web.HTTPServiceUnavailable(text=text, headers={"Retry-After": "5"})
    refusal.force_close()
    return refusal
