"""A bare Engine.IO connection, for what no stock client would send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.support.system import System


@asynccontextmanager
async def raw(system: System) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A bare Engine.IO connection."""
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{system.url}/socket.io/?EIO=4&transport=websocket") as socket,
    ):
        assert (await socket.receive_str(timeout=5)).startswith("0{")
        yield socket


async def is_closed(socket: aiohttp.ClientWebSocketResponse, within: float) -> bool:
    """Whether the server ends this connection in time."""
    try:
        async with asyncio.timeout(within):
            while True:
                message = await socket.receive()
                if message.type in (
                    aiohttp.WSMsgType.CLOSE,
                    aiohttp.WSMsgType.CLOSED,
                    aiohttp.WSMsgType.CLOSING,
                    aiohttp.WSMsgType.ERROR,
                ):
                    return True
    except TimeoutError:
        return False
