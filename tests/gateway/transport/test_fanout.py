"""The fan-out: the same bytes to many, in order, whatever their transport is."""

import asyncio
import contextlib

import pytest
import socketio

from gateway.protocol.frames import Batch, Frame
from gateway.transport.fanout import SendList, fan_out
from tests.support.edge import bare, poll, polling, running


async def test_all_sockets_get_the_same_in_order() -> None:
    async with contextlib.AsyncExitStack() as stack:
        edge = await stack.enter_async_context(running())
        browsers = [await stack.enter_async_context(bare(edge)) for _ in range(5)]
        for browser in browsers:
            await browser.connect()
        http, url = await stack.enter_async_context(polling(edge))
        row = SendList(edge.chat.sockets)
        for n in range(10):
            fan_out(row, Batch([Frame.event("chat", n), Frame.event("more", n)]))
            edge.chat.sockets[0].send(Frame.event("you", n))
        for browser in browsers:
            heard: list[str] = []
            while len(heard) < 20:
                packet = await browser.hear() or ""
                if "you" not in packet:
                    heard.append(packet)
            assert heard[-2:] == ['42["chat",9]', '42["more",9]']
            assert heard[::2] == [f'42["chat",{n}]' for n in range(10)]
        polled: list[str] = []
        while len(polled) < 20:
            polled += (await poll(http, url)).split("\x1e")
        assert polled[::2] == [f'42["chat",{n}]' for n in range(10)]


async def test_closed_sockets_are_skipped() -> None:
    async with running(outbox_bytes=1000) as edge, bare(edge) as browser, polling(edge):
        await browser.connect()
        members = set(edge.chat.sockets)
        edge.chat.gone = lambda socket, left: members.discard(socket)  # type: ignore[method-assign]
        polling_one = edge.chat.sockets[0]
        row = SendList(members)
        for n in range(3):
            fan_out(row, Batch([Frame.event("chat", "x" * 900 + str(n))]))
        assert polling_one.closed
        await edge.chat.until(lambda: len(members) == 1)
        edge.chat.sockets[1].close()
        fan_out(row, Batch([Frame.event("chat", "late")]))
        heard = [await browser.hear() or "" for _ in range(4)]
        assert heard[-1] == "41"


async def test_a_slow_socket_gets_everything_in_order_too() -> None:
    """It reads only after the kernel has refused some, and more was sent behind that, to all and to
    it alone."""
    async with running() as edge, bare(edge) as browser, bare(edge) as other:
        for one in (browser, other):
            await one.connect()
        row = SendList(edge.chat.sockets)
        stream = edge.chat.sockets[0].outbox.stream
        assert stream is not None
        said = 0
        for _ in range(2):
            began = said
            while stream.unsent == b"":
                fan_out(row, Batch([Frame.event("chat", [said, "x" * 50_000])]))
                said += 1
            for _ in range(5):
                fan_out(row, Batch([Frame.event("chat", [said, ""])]))
                for socket in row.sockets:
                    socket.send(Frame.event("chat", [said + 1, ""]))
                said += 2
            for one in (browser, other):
                for number in range(began, said):
                    assert (await one.hear() or "").startswith(f'42["chat",[{number},')
            await edge.chat.until(lambda: stream.unsent == b"")


async def test_a_socket_that_reads_again_gets_a_handle_again() -> None:
    async with running() as edge, bare(edge) as browser:
        await browser.connect()
        row = SendList(edge.chat.sockets)
        stream = edge.chat.sockets[0].outbox.stream
        assert stream is not None
        (handle,) = row.handles(0, None)
        assert handle is stream.sock
        said = 0
        while stream.unsent == b"":
            fan_out(row, Batch([Frame.event("chat", "x" * 50_000)]))
            said += 1
        assert handle.fileno() == -1
        assert handle is not stream.sock
        for _ in range(said):
            await browser.hear()
        await edge.chat.until(lambda: stream.unsent == b"")
        fan_out(row, Batch([Frame.event("chat", "now")]))
        assert await browser.hear() == '42["chat","now"]'
        assert row.handles(0, None) == [stream.sock]


async def test_nothing_follows_a_close_frame() -> None:
    """The WebSocket's close frame was sent; its socket waits for the browser's."""
    async with running() as edge, bare(edge) as browser:
        await browser.connect()
        row = SendList(edge.chat.sockets)
        (connection,) = edge.connections.values()
        connection.hang_up()
        assert row.handles(0, None)[0].fileno() == -1
        fan_out(row, Batch([Frame.event("chat", "late")]))
        assert await browser.hear() is None


async def test_nothing_follows_a_disconnect() -> None:
    """The connection lasts until the browser has taken it."""
    async with running() as edge, bare(edge) as browser:
        await browser.connect()
        row = SendList(edge.chat.sockets)
        (connection,) = edge.connections.values()
        edge.chat.sockets[0].close()
        for late in ("late", "later"):
            fan_out(row, Batch([Frame.event("chat", late)]))
        connection.hang_up()
        assert [await browser.hear() for _ in range(2)] == ["41", None]


@pytest.mark.parametrize("pause_s", [0.0, 0.001, 0.004])
async def test_order_holds_while_a_stock_client_goes_from_polling_to_websocket(
    pause_s: float,
) -> None:
    async with running() as edge:
        client = socketio.AsyncClient(reconnection=False)
        heard: list[int] = []
        done = asyncio.Event()

        def on_chat(number: int) -> None:
            heard.append(number)
            if number == 299:
                done.set()

        client.on("chat", on_chat)
        connecting = asyncio.gather(client.connect(edge.url, transports=["polling", "websocket"]))
        await edge.chat.until(lambda: edge.chat.sockets)
        row = SendList(edge.chat.sockets)
        for n in range(300):
            fan_out(row, Batch([Frame.event("chat", n)]))
            await asyncio.sleep(pause_s)
        await connecting
        await asyncio.wait_for(done.wait(), 10)
        assert heard == list(range(300))
        assert any(c.upgraded for c in edge.connections.values())
        await client.disconnect()


async def test_order_holds_through_an_upgrade_as_browsers_do_it() -> None:
    """Probe; the poll that waits ends; no poll any more; then the UPGRADE packet."""
    async with running() as edge, polling(edge) as (http, url):
        (socket,) = edge.chat.sockets
        heard: list[str] = []
        numbers = iter(range(1000))

        row = SendList([socket])

        def say() -> None:
            fan_out(row, Batch([Frame.event("chat", next(numbers))]))

        sid = url.partition("&sid=")[2]
        waiting = asyncio.gather(poll(http, url))
        async with bare(edge, sid) as browser:
            await browser.say("2probe")
            assert await browser.hear() == "3probe"
            heard += (await waiting)[0].split("\x1e")
            assert heard == ["6"]
            say()  # still by polling, or later by WebSocket: but not both, and not lost
            heard += (await poll(http, url)).split("\x1e")
            say()
            await browser.say("5")
            say()
            while len(heard) < 4:
                heard.append(await browser.hear() or "")
                say()
            chats = [packet for packet in heard if packet != "6"]
            assert chats == [f'42["chat",{n}]' for n in range(len(chats))]
            async with http.get(url) as answer:
                assert answer.status == 400  # it is a WebSocket now


@pytest.mark.parametrize("said", [["x"], ["2"], ["2probe", "x"], ["2probe"], []])
async def test_after_a_failed_upgrade_polling_goes_on(said: list[str]) -> None:
    async with running() as edge, polling(edge) as (http, url):
        async with bare(edge, url.partition("&sid=")[2]) as browser:
            for packet in said:
                await browser.say(packet)
        await edge.chat.until(lambda: not any(c.upgrading for c in edge.connections.values()))
        edge.chat.sockets[0].send(Frame.event("chat", 1))
        assert (await poll(http, url)).endswith('42["chat",1]')


async def test_a_second_websocket_for_a_session_is_opened_and_closed() -> None:
    async with running() as edge, polling(edge) as (_, url):
        sid = url.partition("&sid=")[2]
        async with bare(edge, sid) as browser:
            await browser.say("2probe")
            await browser.hear()
            async with bare(edge, sid) as second:
                await second.until_closed()
            await browser.say("5")
            await edge.chat.until(lambda: edge.connections[sid].upgraded)
