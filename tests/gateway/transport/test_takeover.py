"""An established WebSocket has nothing of aiohttp, whether aiohttp got its handshake or not.

gateway/transport/takeover.py, gateway/server/listener.py
"""

import asyncio
import contextlib
import errno
import gc
import socket
import struct
from asyncio.trsock import TransportSocket
from collections import Counter

import aiohttp
import pytest
from aiohttp.web_protocol import RequestHandler

from gateway.transport import connection
from gateway.transport.connection import Connection
from gateway.transport.heartbeat import Heartbeat
from gateway.transport.sockets import Socket
from gateway.transport.websocket import WebSocket
from tests.support.edge import WITHIN_S, bare, poll, polling, post, running
from tests.support.odd_requests import CONNECT, PING, handshake

BOTH_WAYS = pytest.mark.parametrize("by_aiohttp", [False, True])
OURS = (Connection, Socket, WebSocket, Heartbeat)


def living() -> Counter[str]:
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, OURS))


@BOTH_WAYS
async def test_an_established_websocket_keeps_nothing_of_aiohttp(by_aiohttp: bool) -> None:
    async with contextlib.AsyncExitStack() as stack:
        edge = await stack.enter_async_context(running(by_aiohttp=by_aiohttp))
        browsers = [await stack.enter_async_context(bare(edge)) for _ in range(5)]
        for browser in browsers:
            await browser.connect()
        gc.collect()
        assert not [one for one in gc.get_objects() if isinstance(one, RequestHandler)]
        tasks = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]
        assert "RequestHandler.start" not in tasks
        for browser in browsers:
            await browser.say('420["echo",1]')
            assert await browser.hear() == '430[{"ok":true,"said":[1]}]'


@BOTH_WAYS
async def test_an_upgraded_websocket_keeps_nothing_of_its_polling(by_aiohttp: bool) -> None:
    async with running(by_aiohttp=by_aiohttp) as edge, polling(edge) as (http, url):
        sid = url.partition("&sid=")[2]
        waiting = asyncio.gather(poll(http, url))
        async with bare(edge, sid) as browser:
            await browser.say("2probe")
            assert await browser.hear() == "3probe"
            await waiting
            await browser.say("5")
            await browser.say('420["echo",1]')
            assert await browser.hear() == '430[{"ok":true,"said":[1]}]'


@BOTH_WAYS
async def test_what_ended_is_gone_without_a_garbage_collector(
    by_aiohttp: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the hot path it never runs: what ends must leave no cycle behind."""
    monkeypatch.setattr(connection, "FINISH_S", 0.1)  # one of these browsers waits for that
    async with running(by_aiohttp=by_aiohttp) as edge:
        gc.collect()
        others = living()  # aiohttp remembers the applications of other tests for a while
        gc.disable()
        try:
            for _ in range(3):
                async with bare(edge) as browser:
                    await browser.connect()
                    await browser.say('420["echo",1]')
                    await browser.hear()
                edge.chat.sockets.clear()
                await edge.chat.until(lambda: not edge.connections)
            async with bare(edge) as browser:
                await browser.connect()
                edge.chat.sockets.pop().cut_off()
                await browser.until_closed()
            async with bare(edge) as browser:
                await browser.connect()
                edge.chat.sockets.pop().close()
                await browser.until_closed()
            async with bare(edge) as browser:
                await browser.say("rubbish")
                await browser.until_closed()
            async with polling(edge) as (http, url):
                assert await post(http, url, '420["echo",1]') == 200
                assert (await poll(http, url)).startswith("430")
                edge.chat.sockets.pop().cut_off()
            async with polling(edge) as (_, url), bare(edge, url.partition("&sid=")[2]) as browser:
                await browser.say("2probe")
                assert await browser.hear() == "3probe"
                await browser.say("5")
                await browser.say('420["echo",1]')
                assert await browser.hear() == '430[{"ok":true,"said":[1]}]'
            edge.chat.sockets.clear()
            edge.chat.told.clear()
            await edge.chat.until(lambda: not living() - others)
        finally:
            gc.enable()


@BOTH_WAYS
async def test_a_connection_lost_in_the_handshake_leaves_nothing_and_logs_no_fault(
    caplog: pytest.LogCaptureFixture, by_aiohttp: bool
) -> None:
    async with running(by_aiohttp=by_aiohttp) as edge, polling(edge) as (http, url):
        path = f"{url.removeprefix(edge.url)}".replace("=polling", "=websocket")
        head = (
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        (connection,) = edge.connections.values()
        for turns in range(10):
            with socket.create_connection(("127.0.0.1", edge.port)) as lost:
                lost.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                await asyncio.sleep(0.01)  # until it was taken
                lost.send(head.encode())
                for _ in range(turns):
                    await asyncio.sleep(0)
            await edge.chat.until(lambda: not connection.upgrading)
        assert await post(http, url, '420["echo",1]') == 200
        assert await poll(http, url) == '430[{"ok":true,"said":[1]}]'
    assert not [record for record in caplog.records if record.exc_info]


@BOTH_WAYS
async def test_a_browser_that_is_gone_before_its_handshake_is_answered_never_connects(
    by_aiohttp: bool,
) -> None:
    """Without a socket nobody would tell us of its end, and no quota of descriptors counts it."""
    async with running(by_aiohttp=by_aiohttp) as edge:
        with socket.create_connection(("127.0.0.1", edge.port)) as lost:
            lost.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            lost.send(handshake() + CONNECT)
        async with bare(edge) as browser:  # it came later
            await browser.connect()
            await edge.chat.until(lambda: len(edge.connections) == 1)
            assert edge.chat.told == [("connected", None)]


@BOTH_WAYS
async def test_a_fault_in_frames_behind_the_handshake_leaves_its_descriptor_to_others(
    by_aiohttp: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    received = WebSocket.received

    def stumble(ws: WebSocket, data: bytes) -> None:
        if data == PING:
            raise RuntimeError("a fault of ours")
        received(ws, data)

    monkeypatch.setattr(WebSocket, "received", stumble)
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    async with running(by_aiohttp=by_aiohttp) as edge:
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
            writer.write(handshake() + PING)
            async with asyncio.timeout(WITHIN_S):
                assert (await reader.read()).startswith(b"HTTP/1.1 101 ")
            writer.close()
            await edge.chat.until(lambda: not edge.connections)
            async with bare(edge) as browser:
                await browser.connect()
            await edge.chat.until(lambda: not edge.connections)
    assert len(faults) == (0 if by_aiohttp else 3)  # aiohttp logs them


async def test_without_a_descriptor_only_this_connection_is_lost(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_: object) -> None:
        raise OSError(errno.EMFILE, "too many open files")

    async with running(by_aiohttp=True) as edge, polling(edge) as (http, url):
        with monkeypatch.context() as patched:
            patched.setattr(TransportSocket, "dup", none_left)
            for sid in ("", url.partition("&sid=")[2]):
                with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
                    async with bare(edge, sid):
                        pass
        (connection,) = edge.connections.values()
        assert not connection.upgrading
        assert await post(http, url, '420["echo",1]') == 200
        assert await poll(http, url) == '430[{"ok":true,"said":[1]}]'
    assert not [record for record in caplog.records if record.exc_info]
