"""The sockets (gateway/transport/sockets.py): turns, answers, and what may be owed, by real
connections."""

import asyncio
import contextlib
import json
import socket as sockets

import aiohttp

from gateway.protocol.frames import Batch, Frame
from tests.support.edge import Bare, Edge, bare, poll, polling, post, running

EVENT = Frame.event("chat", "x" * 1000)


async def stalled(edge: Edge) -> tuple[sockets.socket, asyncio.StreamWriter]:
    """A WebSocket browser after its CONNECT that reads nothing more, with small buffers."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", edge.port))
    _, writer = await asyncio.open_connection(sock=raw, limit=1024)
    writer.write(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        b"\x81\x82\0\0\0\x0040"
    )
    before = len(edge.chat.sockets)
    await edge.chat.until(lambda: len(edge.chat.sockets) > before)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    return raw, writer


async def test_requests_wait_until_the_socket_is_ready() -> None:
    async with running() as edge, bare(edge) as browser:
        edge.chat.ready_at_once = False
        await browser.connect()
        for n in range(3):
            await browser.say(f'42{n}["echo",{n}]')
        edge.chat.sockets[0].send(Frame.event("joined", 1))
        assert await browser.hear() == '42["joined",1]'
        assert edge.chat.told == [("connected", None)]
        edge.chat.sockets[0].release()
        for n in range(3):
            assert await browser.hear() == f'43{n}[{{"ok":true,"said":[{n}]}}]'


async def test_only_so_many_requests_are_unanswered_and_the_next_waits() -> None:
    async with running(in_flight=2) as edge, bare(edge) as browser:
        await browser.connect()
        for n in range(4):
            await browser.say(f'42{n}["hold",{n}]')
        async with bare(edge) as other:  # what came before this browser was looked at before it
            await other.connect()
            await other.say('420["echo","later"]')
            assert await other.hear() == '430[{"ok":true,"said":["later"]}]'
        assert ("requested", "hold", 1) in edge.chat.told
        assert ("requested", "hold", 2) not in edge.chat.told
        edge.chat.held[1]({"ok": True})
        assert await browser.hear() == '431[{"ok":true}]'
        await edge.chat.until_told("requested", "hold", 2)
        edge.chat.held[0](None)  # left unanswered, but over
        await edge.chat.until_told("requested", "hold", 3)
        edge.chat.held[1]({"ok": True})  # a second time: nothing
        edge.chat.held[2]({"ok": True})
        assert await browser.hear() == '432[{"ok":true}]'


async def test_a_paused_browser_is_not_cut_off() -> None:
    async with contextlib.AsyncExitStack() as stack:
        edge = await stack.enter_async_context(
            running(in_flight=1, ping_interval=0.05, ping_timeout=0.05)
        )
        browser = await stack.enter_async_context(bare(edge))
        await browser.connect()
        await browser.say('420["hold"]')
        await browser.say('421["echo"]')
        heard = asyncio.gather(browser.hear())
        await asyncio.sleep(0.4)  # many pings: their pongs are behind the event that waits
        assert not edge.chat.sockets[0].closed
        edge.chat.held[0]({"ok": True})
        assert [*await heard] == ['430[{"ok":true}]']


async def test_the_end_of_a_paused_browser_is_noticed() -> None:
    async with running(in_flight=1) as edge:
        async with bare(edge) as browser:
            await browser.connect()
            await browser.say('420["hold"]')
            await browser.say('421["echo"]')
            await edge.chat.until_told("requested", "hold")
            browser.ws._writer.transport.abort()
        await edge.chat.until_told("gone", False)
        edge.chat.held[0]({"ok": True})  # too late: nothing happens
        assert edge.chat.told[-1] == ("gone", False)


async def test_a_browser_that_does_not_read_is_cut_off_and_nothing_of_it_stays() -> None:
    async with running(outbox_bytes=100_000) as edge, bare(edge) as other:
        await other.connect()
        raw, writer = await stalled(edge)
        _, socket = edge.chat.sockets
        for _ in range(10_000):
            socket.send(EVENT)
            assert socket.unsent_bytes <= 100_000 + len(EVENT.wire)
            if socket.closed:
                break
            await asyncio.sleep(0)
        assert socket.closed
        assert socket.unsent_bytes == 0
        socket.send(EVENT)  # nothing happens
        await edge.chat.until(lambda: len(edge.connections) == 1)
        assert edge.counts.cut_off.value == 1
        await edge.chat.until_told("gone", False)
        await other.say('420["echo"]')
        assert (await other.hear() or "").startswith("430")
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]
        assert "RequestHandler.start" not in names, "a WebSocket has no task, dead or alive"
        writer.transport.abort()
        raw.close()


async def test_a_stalled_browser_does_not_survive_being_closed() -> None:
    async with running(outbox_bytes=1 << 20) as edge:
        raw, writer = await stalled(edge)
        (socket,) = edge.chat.sockets
        while socket.unsent_bytes < 10_000:
            socket.send(EVENT)
            await asyncio.sleep(0)
        stream = socket.outbox.stream
        assert stream is not None
        (connection,) = edge.connections.values()
        connection.hang_up(1000)
        assert stream.unsent
        await edge.chat.until(lambda: not stream.unsent)
        assert stream.sock.fileno() == -1
        writer.transport.abort()
        raw.close()


async def test_a_browser_that_does_not_poll_is_cut_off() -> None:
    async with running(outbox_bytes=100_000) as edge, polling(edge) as (http, url):
        (socket,) = edge.chat.sockets
        for _ in range(200):
            socket.send(EVENT)
        assert socket.closed
        await edge.chat.until_told("gone", False)
        async with http.get(url) as answer:
            assert answer.status == 400
        assert not edge.connections
        assert edge.counts.cut_off.value == 1


async def test_one_answer_may_be_larger_than_the_outbox() -> None:
    async with running(outbox_bytes=1000) as edge, bare(edge) as browser:
        await browser.connect()
        edge.chat.sockets[0].send(Batch([EVENT, EVENT]))
        assert (await browser.hear() or "").startswith('42["chat"')
        assert not edge.chat.sockets[0].closed


async def test_a_polling_browser_gets_everything_in_order_and_is_answered() -> None:
    async with running() as edge, polling(edge) as (http, url):
        (socket,) = edge.chat.sockets
        waiting = asyncio.gather(poll(http, url))
        for n in range(20):
            socket.send(Frame.event("chat", n))
        heard = (await waiting)[0].split("\x1e")
        heard += (await poll(http, url)).split("\x1e")
        assert heard == [f'42["chat",{n}]' for n in range(20)]
        body = "\x1e".join(f'42{n}["echo",{n}]' for n in range(100))  # stock clients send so many
        assert await post(http, url, body) == 200
        answers: list[str] = []
        while len(answers) < 100:
            answers += (await poll(http, url)).split("\x1e")
        assert [json.loads(a[a.index("[") :])[0]["said"] for a in answers] == [
            [n] for n in range(100)
        ]
        waiting = asyncio.gather(poll(http, url))
        await edge.chat.until(
            lambda: any(c._polling and c._polling.polled for c in edge.connections.values())
        )
        assert await post(http, url, "41\x1e1") == 200
        assert [*await waiting] == ["6"]
        await edge.chat.until_told("gone", True)
        assert not edge.connections


async def test_a_flood_of_one_browser_leaves_other_browsers_their_turn() -> None:
    async with running() as edge, bare(edge) as flood, bare(edge) as other:
        await flood.connect()
        await other.connect()

        async def shout(browser: Bare) -> None:
            for _ in range(2000):
                await browser.say('42["none"]')

        shouting = asyncio.gather(shout(flood))
        for n in range(20):
            await other.say(f'42{n}["echo"]')
            assert (await other.hear() or "").startswith(f"43{n}[")
        await shouting


async def test_a_browser_whose_websocket_breaks_the_protocol_is_closed() -> None:
    async with running() as edge, aiohttp.ClientSession() as http:
        async with http.ws_connect(f"{edge.path}&transport=websocket") as ws:
            transport = ws.get_extra_info("socket")
            assert transport is not None
            await ws._writer.send_frame(b"\xff\xfe", aiohttp.WSMsgType.TEXT)
            while (await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        await edge.chat.until(lambda: not edge.connections)
