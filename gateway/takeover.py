"""The takeover: the WebSocket handshake, after which aiohttp lets the connection go.

aiohttp keeps a task, a parser and a request for as long as a connection lasts, and asyncio a
transport. An established WebSocket needs none of them: the socket goes on in a Stream. The request
is answered, and to aiohttp it looks as if the browser had hung up.
"""

import base64
import hashlib
import socket

from aiohttp import web

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""


class Early:
    """Takes what a hasty browser sent behind its handshake: a payload parser, to aiohttp."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        pass


async def take_over(request: web.Request) -> tuple[web.StreamResponse, socket.socket, bytes]:
    """Answers the handshake. Returns the answer, for aiohttp; the connected socket, which is the
    caller's now; and what has come on it already. Raises HTTPBadRequest for what is no handshake,
    or is lost in it."""
    if not web.WebSocketResponse(compress=False).can_prepare(request).ok:
        raise web.HTTPBadRequest(text="this is no WebSocket handshake\n")
    key = request.headers["Sec-WebSocket-Key"].encode()
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode()
    answer = web.StreamResponse(status=101)
    answer.headers["Upgrade"] = "websocket"
    answer.headers["Connection"] = "Upgrade"
    answer.headers["Sec-WebSocket-Accept"] = accept
    try:
        await answer.prepare(request)
        return answer, *_taken(request)
    except OSError:  # the browser is gone, or there is no descriptor: nobody hears this
        raise web.HTTPBadRequest(text="lost in the handshake\n") from None


def _taken(request: web.Request) -> tuple[socket.socket, bytes]:
    """Raises OSError. In any case it is aiohttp's no more."""
    transport = request.transport
    if transport is None:
        raise ConnectionResetError
    try:
        if transport.is_closing() or transport.get_write_buffer_size():
            raise ConnectionResetError
        early = Early()
        request.protocol.set_parser(early)  # type: ignore[arg-type]
        taken: socket.socket = transport.get_extra_info("socket").dup()
    finally:
        transport.abort()
    return taken, early.data
