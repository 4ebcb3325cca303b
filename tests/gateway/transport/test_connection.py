"""The connection (gateway/transport/connection.py) and its polling: what only a hostile browser
does."""

import asyncio
from sys import getsizeof

from gateway.transport.inbound import READ_AHEAD_BYTES
from gateway.transport.websocket import TURN_FRAMES
from tests.support.edge import WITHIN_S, bare, polling, running


async def test_two_posts_that_close_the_session_at_once_are_both_answered() -> None:
    async with running() as edge, polling(edge) as (_, url):
        path = url.removeprefix(edge.url).encode()
        ways = [await asyncio.open_connection("127.0.0.1", edge.port) for _ in range(2)]
        for reader, writer in ways:
            writer.write(b"GET /socket.io/ HTTP/1.1\r\nHost: x\r\n\r\n")
            await reader.readuntil(b'protocols"')  # it is there, and waits
        for _, writer in ways:
            writer.write(b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1" % path)
        async with asyncio.timeout(WITHIN_S):
            lines = [await reader.readline() for reader, _ in ways]
        assert sorted(line.split()[1] for line in lines) == [b"200", b"400"]
        for _, writer in ways:
            writer.close()


async def test_empty_packets_count_while_the_connection_is_paused() -> None:
    """A browser whose requests wait is read a little ahead, whatever it sends."""
    async with running() as edge:
        edge.chat.ready_at_once = False
        async with bare(edge) as browser:
            await browser.connect()
            (connection,) = edge.connections.values()
            most = READ_AHEAD_BYTES // getsizeof("") + TURN_FRAMES + 1
            for _ in range(3 * most):
                await browser.say("")
            await edge.chat.until(lambda: connection._ws.watched == 0)
            assert len(connection.inbound._packets) <= most
            edge.chat.sockets[0].release()
            await browser.until_closed()
