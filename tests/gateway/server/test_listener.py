"""gateway/server/listener.py: addresses, and how many connections are accepted at a time."""

import asyncio
import itertools
import socket

import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from common.addresses import READ_BYTES
from gateway.server.listener import HANDED_OVER_A_TURN, IdleReaper, listen_on
from tests.support.edge import left_to_aiohttp


async def test_all_addresses_of_a_host_and_a_taken_one_is_an_error() -> None:
    async with left_to_aiohttp(web.Application()) as (runner, port):
        (listener,) = listen_on(runner, lambda *_: False, "127.0.0.1", 0)
        assert listener.address[0] == "127.0.0.1"
        with pytest.raises(OSError, match="in use"):
            listen_on(runner, lambda *_: False, "127.0.0.1", port)
        listener.close()


async def test_many_connections_wait_in_the_kernel_and_few_are_handed_over_at_a_time() -> None:
    async with left_to_aiohttp(web.Application()) as (runner, port):
        guests = []
        for _ in range(5 * HANDED_OVER_A_TURN):  # before the loop has its next turn
            guest = socket.create_connection(("127.0.0.1", port))
            guest.send(b"GET")
            guests.append(guest)
        inside = [0]
        assert runner.server is not None
        async with asyncio.timeout(5):
            while inside[-1] < len(guests):
                await asyncio.sleep(0)
                inside.append(len(runner.server.connections))
        assert max(b - a for a, b in itertools.pairwise(inside)) <= 2 * HANDED_OVER_A_TURN
        for guest in guests:
            guest.close()


async def test_a_silent_connection_is_closed_and_one_that_waits_for_an_answer_is_not() -> None:
    reaper = IdleReaper(0.1)
    answer = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await answer.wait()
        return web.Response(text="at last")

    app = web.Application(middlewares=[reaper.note])
    app.router.add_get("/", slow)
    async with left_to_aiohttp(app) as (runner, port):
        reaping = asyncio.gather(reaper.run(runner))
        said = (b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        guests = []
        for text in said:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(text)
            guests.append((reader, writer))
        async with asyncio.timeout(5):
            assert await guests[0][0].read() == b""
            assert await guests[1][0].read() == b""
            answer.set()
            assert b"200 OK" in await guests[2][0].readline()
        for _, writer in guests:
            writer.close()
        reaping.cancel()
        await asyncio.gather(reaping, return_exceptions=True)


async def test_only_so_much_is_read_and_parsed_in_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    feed = RequestHandler.data_received

    def noted(self: RequestHandler, data: bytes) -> None:
        read.append(len(data))
        feed(self, data)

    monkeypatch.setattr(RequestHandler, "data_received", noted)
    async with left_to_aiohttp(web.Application()) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        writer.write(head + b"x" * 100_000)
        async with asyncio.timeout(5):
            await reader.readline()
        assert len(read) > 1
        assert max(read) == READ_BYTES
        writer.close()
