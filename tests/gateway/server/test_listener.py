"""gateway/server/listener.py: addresses, and how many connections are accepted at a time."""

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from common.addresses import READ_BYTES
from gateway.server import listener as listener_module
from gateway.server.listener import (
    HANDED_OVER_A_TURN,
    TURN_CONNECTIONS,
    IdleReaper,
    Open,
    listen_on,
)
from tests.gateway.runtime.test_descriptor_quota import at_most
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


@asynccontextmanager
async def listening(open_plain: Open) -> AsyncIterator[int]:
    """A listener with nothing but this behind it, at this port."""
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    (listener,) = listen_on(runner, open_plain, "127.0.0.1", 0)
    try:
        yield listener.address[1]
    finally:
        listener.close()
        await runner.cleanup()


def calls(port: int, said: bytes = b"hello") -> socket.socket:
    """A guest that waits to be accepted: the loop has no turn meanwhile."""
    guest = socket.create_connection(("127.0.0.1", port))
    guest.send(said)
    return guest


@pytest.mark.parametrize(("turn_s", "most"), [(60.0, TURN_CONNECTIONS), (0.0, 1)])
async def test_other_callbacks_have_their_turn_after_some_connections(
    monkeypatch: pytest.MonkeyPatch, turn_s: float, most: int
) -> None:
    monkeypatch.setattr(listener_module, "TURN_S", turn_s)
    taken: list[socket.socket] = []

    def take(accepted: socket.socket, *_: object) -> bool:
        taken.append(accepted)
        return True

    async with listening(take) as port:
        guests = [calls(port) for _ in range(3 * most)]
        inside = [0]
        async with asyncio.timeout(5):
            while inside[-1] < len(guests):
                await asyncio.sleep(0)
                inside.append(len(taken))
        assert max(b - a for a, b in itertools.pairwise(inside)) == most
        for each in (*guests, *taken):
            each.close()


async def test_a_fault_costs_the_connection_where_it_happens_and_no_other() -> None:
    faults = faults_of_this_loop()

    def stumble(accepted: socket.socket, peer: str, first: bytes, *_: object) -> bool:
        if first == b"fault":
            raise RuntimeError("a fault of ours")
        accepted.send(b"welcome")
        accepted.close()
        return True

    async with listening(stumble) as port:
        guests = [calls(port, said) for said in (b"hello", b"fault", b"hello")]
        assert [await everything(guest) for guest in guests] == [b"welcome", b"", b"welcome"]
    assert faults == ["a fault of ours"]


async def test_without_a_descriptor_it_pauses_and_then_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listener_module, "PAUSE_S", 0.2)

    def welcome(accepted: socket.socket, *_: object) -> bool:
        accepted.send(b"welcome")
        accepted.close()
        return True

    async with listening(welcome) as port:
        guest = calls(port)
        with none_free():
            await turns(50)
            assert [record.levelname for record in caplog.records] == ["ERROR"]
            assert "Too many open files" in caplog.text
        assert await everything(guest) == b"welcome"


async def test_a_listener_that_is_closed_while_it_pauses_stays_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listener_module, "PAUSE_S", 0.05)
    faults = faults_of_this_loop()
    async with listening(lambda *_: False) as port:
        guest = calls(port)
        with none_free():
            await turns(50)
    await asyncio.sleep(0.1)  # the pause is over
    assert not faults
    assert await everything(guest) == b""


def faults_of_this_loop() -> list[str]:
    """It grows with each fault that is reported from now on."""
    faults: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(str(context["exception"])))
    return faults


@contextmanager
def none_free() -> Iterator[None]:
    """No descriptor is free."""
    free = os.dup(0)
    os.close(free)
    with at_most(free):
        yield


async def turns(number: int) -> None:
    """So many turns of the loop."""
    for _ in range(number):
        await asyncio.sleep(0)


async def everything(guest: socket.socket) -> bytes:
    """All that a guest hears until the connection is over."""
    guest.setblocking(False)
    heard = b""
    with guest, suppress(ConnectionError):
        async with asyncio.timeout(5):
            while part := await asyncio.get_running_loop().sock_recv(guest, 1000):
                heard += part
    return heard
