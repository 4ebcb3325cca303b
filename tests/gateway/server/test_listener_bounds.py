"""What strangers can take of a gateway before they are anybody: descriptors, memory, time.

gateway/server/listener.py with the whole application behind it; test_descriptor_quota.py has the
quota of descriptors.
"""

import asyncio
import socket
from contextlib import suppress

import pytest

from common import messages as m
from gateway.chat.limits import ChatLimits
from gateway.protocol.websocket_frames import TEXT
from tests.gateway.protocol.test_websocket_frames import frame
from tests.support.odd_requests import CONNECT, POLL, handshake
from tests.support.served_app import ServedApp, served_app, until

WITHIN_S = 10.0
SOON_S = 0.3
"""The time in which a browser of these tests has to say who it is."""
MIB = 1 << 20


class Bystander:
    """A browser that is answered meanwhile."""

    def __init__(self, app: ServedApp) -> None:
        self._app = app

    async def __aenter__(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._app.port)
        self._writer.write(handshake() + CONNECT)
        await self._hear(b"40{")
        await self._is_answered()

    async def __aexit__(self, *_: object) -> None:
        await self._is_answered()
        self._writer.transport.abort()

    async def _is_answered(self) -> None:
        self._writer.write(frame(TEXT, b'420["chat",{}]'))
        await self._hear(b'430[{"ok":false')

    async def _hear(self, text: bytes) -> None:
        async with asyncio.timeout(WITHIN_S):
            await self._reader.readuntil(text)


async def crowd(
    app: ServedApp, size: int
) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    return [await asyncio.open_connection("127.0.0.1", app.port) for _ in range(size)]


async def test_of_a_crowd_that_joins_at_once_only_so_many_joins_are_in_flight() -> None:
    async with served_app(limits=ChatLimits(joins_in_flight=3)) as app:
        broker, limiter = app.rig.broker, app.rig.chat.joins.limiter
        people = await crowd(app, 10)
        for n, (_, writer) in enumerate(people):
            join = b'420["join",{"user":"p%d","room":"tea"}]' % n
            writer.write(handshake() + CONNECT + frame(TEXT, join))
        await until(lambda: limiter.waiting == 7)
        for _ in people:
            assert len(broker.of(m.Join)) == limiter.in_flight <= 3
            app.rig.let_in(broker.of(m.Join)[0].user)
        async with asyncio.timeout(WITHIN_S):
            for reader, writer in people:
                await reader.readuntil(b'430[{"ok":true')
                writer.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_DEFER_ACCEPT"), reason="this kernel does not defer")
async def test_silent_connections_have_no_descriptor_at_first_and_are_closed_in_time() -> None:
    async with served_app(connect_timeout=SOON_S) as app, asyncio.timeout(WITHIN_S):
        silent = await crowd(app, 20)
        async with Bystander(app):
            # It came behind all of them, and nothing else waits to be accepted.
            assert (app.of_aiohttp, len(app.sessions)) == (0, 1)
            await until(lambda: app.of_aiohttp == len(silent))
            for reader, writer in silent:
                assert await reader.read() == b""
                writer.close()
        await until(lambda: app.of_aiohttp == 0)


@pytest.mark.parametrize("head", [handshake(), POLL], ids=["a handshake", "a poll"])
async def test_a_head_that_comes_byte_by_byte_has_to_end_in_time(head: bytes) -> None:
    async with served_app(connect_timeout=SOON_S) as app, Bystander(app):
        ((reader, writer),) = await crowd(app, 1)
        reading = asyncio.get_running_loop().create_task(reader.read())
        for sent in range(len(head)):
            writer.write(head[sent : sent + 1])
            await asyncio.wait([reading], timeout=SOON_S / 10)
            if reading.done():
                break
        assert reading.done()
        assert sent < len(head) / 2
        writer.close()
        (heard,) = await asyncio.gather(reading, return_exceptions=True)
        assert heard == b"" or isinstance(heard, ConnectionError)


ENDLESS = {
    "headers": (handshake()[:-2], b"X-A: b\r\n" * 1000),
    "a header": (handshake()[:-2] + b"X-A: ", b"b" * 8000),
    "a query": (b"GET /socket.io/?EIO=4&transport=websocket&t=", b"x" * 8000),
    "a body": (handshake(more=b"Content-Length: 1000000000\r\n"), b"x" * 8000),
    "a body in chunks": (handshake(more=b"Transfer-Encoding: chunked\r\n"), b"1\r\nx\r\n" * 1000),
    "a frame": (handshake() + b"\x81\xff\0\0\0\0\xff\xff\xff\xff", b"x" * 8000),
    "frames before CONNECT": (handshake(), frame(TEXT, b'42["x"]') * 1000),
}


async def test_what_has_no_end_is_read_no_further() -> None:
    async with served_app() as app, Bystander(app), asyncio.timeout(WITHIN_S):
        taken = await asyncio.gather(*(send_endlessly(app, *parts) for parts in ENDLESS.values()))
        assert not {what: size for what, size in zip(ENDLESS, taken, strict=True) if size > MIB}


async def send_endlessly(app: ServedApp, begin: bytes, part: bytes) -> int:
    """Returns how many bytes were sent before the connection was over."""
    ((reader, writer),) = await crowd(app, 1)
    reading = asyncio.get_running_loop().create_task(reader.read())
    writer.write(begin)
    sent = len(begin)
    while not reading.done():
        with suppress(ConnectionError):
            writer.write(part)
            await writer.drain()
            sent += len(part)
        await asyncio.sleep(0)
    writer.close()
    await asyncio.gather(reading, return_exceptions=True)
    return sent


async def test_a_crowd_that_never_connects_is_sent_away() -> None:
    async with served_app(connect_timeout=SOON_S) as app, Bystander(app):
        people = await crowd(app, 100)
        for _, writer in people:
            writer.write(handshake())
        async with asyncio.timeout(WITHIN_S):
            for reader, writer in people:
                assert (await reader.read()).endswith(b"\x88\x02\x03\xe8")  # 1000
                writer.close()
        await until(lambda: len(app.sessions) == 1)
