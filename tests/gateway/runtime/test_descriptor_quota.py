"""Which descriptors are for browsers, and how the listener keeps to that."""

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import aiohttp
import pytest
from aiohttp import web

from gateway.runtime.descriptor_quota import (
    OWN_DESCRIPTORS,
    SHORT_DESCRIPTORS,
    browser_descriptors,
    may_stay,
    visitor_descriptors,
)
from gateway.server import listener
from gateway.server.listener import IdleReaper
from tests.support.edge import bare, left_to_aiohttp, running

MOST = 400


@contextmanager
def at_most(descriptors: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def taken_below(number: int) -> Iterator[None]:
    """All descriptors below this one are in use."""
    with ExitStack() as stack:
        while (taken := os.dup(0)) < number:
            stack.callback(os.close, taken)
        os.close(taken)
        yield


@pytest.mark.parametrize("most", [40, 200, 1024, 20_000])
def test_most_descriptors_are_for_browsers_some_for_short_requests_some_for_neither(
    most: int,
) -> None:
    with at_most(most):
        stay = [number for number in range(most) if may_stay(number)]
        visit = [number for number in range(most) if number < visitor_descriptors()]
    brief, own = min(SHORT_DESCRIPTORS, most // 4), min(OWN_DESCRIPTORS, most // 4)
    assert stay == list(range(most - own - brief))
    assert visit == list(range(most - own))


@asynccontextmanager
async def hello_server() -> AsyncIterator[int]:
    """A server that says hello, at this port."""

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application(middlewares=[IdleReaper(30).note])
    app.router.add_get("/", hello)
    async with left_to_aiohttp(app) as (_, port):
        yield port


async def visit(port: int, said: bytes) -> bytes:
    """Everything that is received until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_connection_on_one_of_the_last_descriptors_is_answered_and_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with hello_server() as port:
        with at_most(MOST), taken_below(browser_descriptors()):
            monkeypatch.setattr(listener, "VISIT_S", 60)
            answer = await visit(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert answer.endswith(b"hello")
            monkeypatch.setattr(listener, "VISIT_S", 0.2)
            assert await visit(port, b"GET / HTT") == b""


async def test_a_connection_beyond_the_last_descriptor_is_not_accepted() -> None:
    async with hello_server() as port:
        with at_most(MOST), taken_below(browser_descriptors() + SHORT_DESCRIPTORS):
            assert await visit(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
        assert b"hello" in await visit(port, b"GET / HTTP/1.0\r\n\r\n")


async def test_no_browser_begins_to_poll_on_one_of_the_last_descriptors() -> None:
    async with running() as edge, aiohttp.ClientSession() as http:
        with at_most(MOST), taken_below(browser_descriptors()):
            async with http.get(f"{edge.path}&transport=polling") as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert not edge.connections


async def test_a_websocket_does_not_keep_one_of_the_last_descriptors() -> None:
    async with running() as edge:
        with (
            at_most(MOST),
            taken_below(browser_descriptors() - 1),  # for the client's end
            pytest.raises(aiohttp.WSServerHandshakeError, match="503"),
        ):
            async with bare(edge):
                pass
        async with bare(edge) as browser:
            await browser.connect()


async def test_a_websocket_that_aiohttp_opened_does_not_either() -> None:
    """It has another descriptor than its handshake."""
    async with running(by_aiohttp=True) as edge:
        with (
            at_most(MOST),
            taken_below(browser_descriptors() - 2),  # for both ends of the first
            pytest.raises(aiohttp.WSServerHandshakeError, match="503"),
        ):
            async with bare(edge):
                pass
        async with bare(edge) as browser:
            await browser.connect()
