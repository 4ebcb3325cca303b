"""The WebSocket driver: aiohttp's, without compression, as python-engineio wants to call it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web

CLOSE_S = 1.0
"""A WebSocket that is being closed is given this long to say goodbye."""


class WebSocket:
    """The stock driver compresses for every browser that offers it: 88 KB and 8 µs for each."""

    def __init__(self, handler: Callable[["WebSocket"], Awaitable[None]], server: Any) -> None:
        self._handler = handler
        self._sock = web.WebSocketResponse(
            compress=False, max_msg_size=server.max_http_buffer_size, timeout=CLOSE_S
        )
        self.transport: asyncio.Transport

    async def __call__(self, environ: dict[str, Any]) -> web.StreamResponse:
        request: web.Request = environ["aiohttp.request"]
        await self._sock.prepare(request)
        if request.transport is not None:
            self.transport = request.transport
            await self._handler(self)
        return self._sock

    async def wait(self) -> str | bytes | None:
        """The next message; None when there will be no more (or the last one was no message)."""
        message = await self._sock.receive()
        if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
            data: str | bytes = message.data
            return data
        return None
