"""Polling: the packets in the body of a browser's request."""

import asyncio
from typing import Protocol

from aiohttp import web

from gateway.packets import SEPARATOR, Malformed

POST_PACKETS = 1000


class Bounds(Protocol):
    max_http_buffer_size: int
    ping_timeout: float


async def read_packets(request: web.Request, bounds: Bounds) -> list[str]:
    """Raises Malformed, UnicodeDecodeError or web.RequestPayloadError for what no browser sends,
    OSError if the connection is lost, or slower than `ping_timeout`."""
    body = bytearray()
    async with asyncio.timeout(bounds.ping_timeout):
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > bounds.max_http_buffer_size:
                raise Malformed("too large")
    packets = body.decode().split(SEPARATOR)
    if len(packets) > POST_PACKETS:
        raise Malformed("too many packets")
    return packets
