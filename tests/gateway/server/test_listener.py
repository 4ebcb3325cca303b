"""gateway/server/listener.py: addresses, and how many connections are accepted at a time."""

import asyncio
import itertools
import socket
import time

import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from common.addresses import READ_BYTES
from gateway.server.listener import ACCEPTED_A_TURN, IdleReaper, listen_on


async def running() -> web.AppRunner:
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    return runner


async def test_all_addresses_of_a_host_and_a_taken_one_is_an_error() -> None:
    runner = await running()
    await listen_on(runner, "127.0.0.1", 0)
    ((host, port),) = runner.addresses
    assert host == "127.0.0.1"
    with pytest.raises(OSError, match="in use"):
        await listen_on(runner, "127.0.0.1", port)
    await runner.cleanup()


async def test_many_connections_wait_in_the_kernel_and_few_are_accepted_at_a_time() -> None:
    runner = await running()
    await listen_on(runner, "127.0.0.1", 0)
    port = runner.addresses[0][1]
    guests = []
    for _ in range(5 * ACCEPTED_A_TURN):  # before the loop has its next turn
        guest = socket.socket()
        guest.setblocking(False)
        guest.connect_ex(("127.0.0.1", port))
        guests.append(guest)
    inside = [0]
    assert runner.server is not None
    began = time.monotonic()
    while inside[-1] < len(guests):
        assert time.monotonic() - began < 5
        await asyncio.sleep(0)
        inside.append(len(runner.server.connections))
    assert max(b - a for a, b in itertools.pairwise(inside)) <= 2 * ACCEPTED_A_TURN
    for guest in guests:
        guest.close()
    await runner.cleanup()


async def test_a_silent_connection_is_closed_and_one_that_waits_for_an_answer_is_not() -> None:
    keeper = IdleReaper(0.1)
    answer = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await answer.wait()
        return web.Response(text="at last")

    app = web.Application(middlewares=[keeper.note])
    app.router.add_get("/", slow)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await listen_on(runner, "127.0.0.1", 0)
    keeping = asyncio.gather(keeper.run(runner))
    port = runner.addresses[0][1]
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
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await runner.cleanup()


async def test_only_so_much_is_read_and_parsed_in_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = await running()
    (site,) = await listen_on(runner, "127.0.0.1", 0)
    read: list[int] = []
    feed = RequestHandler.data_received

    def noted(self: RequestHandler, data: bytes) -> None:
        read.append(len(data))
        feed(self, data)

    monkeypatch.setattr(RequestHandler, "data_received", noted)
    reader, writer = await asyncio.open_connection("127.0.0.1", runner.addresses[0][1])
    writer.write(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)
    async with asyncio.timeout(5):
        await reader.readline()
    assert len(read) > 1
    assert max(read) == READ_BYTES
    writer.close()
    await site.stop()
    await runner.cleanup()
