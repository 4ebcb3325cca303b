"""gateway/server/http_connection.py: polling requests, beside aiohttp's answers to the same bytes.

Each case is what one client sends on one connection. Whichever of the two answers, the client gets
the same bytes, except for its sids, the date, and the end of a connection that stays open.
"""

import asyncio
import contextlib
import gc
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiohttp.web_protocol import RequestHandler

from common.hosts import Hosts
from common.settings import Settings
from gateway.protocol.frames import Frame
from gateway.server import http_connection
from gateway.server.engineio_server import EngineIOServer
from gateway.server.http_connection import HttpConnection
from gateway.server.socketio_server import make_server
from gateway.transport import outbox
from gateway.transport.connection import Connection
from gateway.transport.polling import Polling
from tests.support.edge import Counts, Echo, Edge, poll, polling, post, running

URL = "/socket.io/?EIO=4&transport=polling"
WITHIN_S = 10.0
SID = re.compile(rb'(?<="sid":")[\w-]+')
DATE = re.compile(rb"^Date: .*\r\n", re.M)
LENGTH = re.compile(rb"^Content-Length: (\d+)\r\n", re.M)
ORIGIN = "Origin: http://page.example\r\n"
PART = "(more follows)"
"""At the end of a piece: it is no whole request, and has no answer of its own."""
TURNS = 20
"""After so many turns of the loop, which the client shares with the server, a part has come."""


class Client:
    """Speaks HTTP on one connection, byte by byte as the test wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def ask(self, request: str) -> bytes:
        self.writer.write(request.encode("latin-1"))
        return await self.answer()

    async def answer(self) -> bytes:
        """The next answer; empty at the end of the connection."""
        try:
            async with asyncio.timeout(WITHIN_S):
                head = await self._reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                return head + await self._reader.readexactly(int(length[1]) if length else 0)
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    async def open(self) -> str:
        return sid_of(await self.ask(get()))


@contextlib.asynccontextmanager
async def client_of(edge: Edge) -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection("127.0.0.1", edge.port))
    try:
        yield client
    finally:
        client.writer.transport.abort()
        await asyncio.sleep(0)


def sid_of(answer: bytes) -> str:
    found = SID.search(answer)
    assert found, answer
    return found[0].decode()


def get(sid: str = "", headers: str = "", line: str = "GET") -> str:
    return f"{line} {URL}{'&sid=' + sid if sid else ''} HTTP/1.1\r\nHost: x\r\n{headers}\r\n"


def posted(body: str, headers: str = "", sid: str = "SID") -> str:
    return get(sid, f"Content-Length: {len(body)}\r\n{headers}", "POST") + body


def polled(headers: str = "") -> str:
    return get("SID", headers)


JOIN = [posted("40"), polled()]
SAY = posted('420["echo",1]')
MORE = [SAY, polled()]
"""Something to say, and the poll that gets the answer."""
FOREIGN = "Origin: http://foreign.example\r\n"
CASES: dict[str, Sequence[str]] = {
    "a chat": [*MORE, SAY, SAY, polled(), posted("1"), polled()],
    "many packets": [posted("\x1e".join(f'42{n}["echo"]' for n in range(40))), *3 * [polled()]],
    "a page of another origin": [posted("3", ORIGIN), SAY, polled(ORIGIN), *MORE],
    "a foreign page polls": [SAY, polled(FOREIGN), *MORE],
    "a foreign page posts": [posted("3", FOREIGN), *MORE],
    "headers that the answer repeats": [
        SAY, polled("Access-Control-Request-Headers: a\r\n"), *MORE
    ],
    "an unknown session": [get("nobody"), posted("3", sid="nobody"), *MORE],
    "no session for a post": [posted("40", sid=""), *MORE],
    "another session on the same connection": [get(), *MORE],
    "a new session for a page of another origin": [get("", ORIGIN), get("", FOREIGN), *MORE],
    "JSONP": [get("SID&j=0"), *MORE],
    "base64": [SAY, get("SID&b64=1"), *MORE],
    "another version": [get().replace("EIO=4", "EIO=3"), *MORE],
    "another transport": [get().replace("polling", "pigeon"), *MORE],
    "another path": [get().replace("socket.io", "nowhere"), *MORE],
    "another method": [get("SID", line="PUT"), get("SID", line="OPTIONS"), *MORE],
    "a session that is closed": [posted("1"), polled()],
    "an unknown packet": [posted("xx"), polled()],
    "no UTF-8": [posted("4\xff\xfe"), polled()],
    "an empty body": [posted(""), polled()],
    "a second CONNECT": [posted("40"), polled()],
    "too many packets": [posted("\x1e".join(["3"] * 1001)), polled()],
    "a head in two parts": [SAY, polled()[:30] + PART, polled()[30:], *MORE],
    "a body in two parts": [SAY[:-1] + PART, SAY[-1:], polled(), *MORE],
    "a body in chunks": [
        get("SID", "Transfer-Encoding: chunked\r\n", "POST") + "1\r\n3\r\n0\r\n\r\n", *MORE
    ],
    "two requests at once": [SAY + polled(), "", *MORE],
    "a request and a half": [SAY + polled()[:40], polled()[40:], *MORE],
    "the last request": [posted("3", "Connection: close\r\n"), polled()],
    "HTTP/1.0": [SAY, polled().replace("HTTP/1.1", "HTTP/1.0"), polled()],
    "a body behind a GET": [SAY, get("SID", "Content-Length: 2\r\n") + "40", *MORE],
    "a header twice": [polled("Host: y\r\n"), polled()],
    "no HTTP": ["\x16\x03\x01\r\n\r\n", polled()],
    "a NUL": [polled("A: \0\r\n"), polled()],
    "no host": [SAY, polled().replace("Host: x\r\n", ""), *MORE],
}  # fmt: skip
"""What follows after JOIN."""


async def said(edge: Edge, pieces: Sequence[str]) -> list[bytes]:
    """The answers to JOIN and a case, one for each piece, in a session that was opened before."""
    answers: list[bytes] = []
    async with client_of(edge) as client:
        sid = await client.open()
        for piece in [*JOIN, *pieces]:
            if piece.endswith(PART):
                client.writer.write(piece.removesuffix(PART).replace("SID", sid).encode("latin-1"))
                for _ in range(TURNS):
                    await asyncio.sleep(0)
            else:
                answers.append(await client.ask(piece.replace("SID", sid)))
    return [SID.sub(b"", DATE.sub(b"", one)).replace(sid.encode(), b"") for one in answers]


@pytest.mark.parametrize("setting", ["", "http://page.example", "*"])
async def test_the_answers_are_those_of_aiohttp(setting: str) -> None:
    answers: list[list[list[bytes]]] = []
    for by_aiohttp in (False, True):
        async with running(by_aiohttp=by_aiohttp, origins=setting) as edge:
            answers.append(await asyncio.gather(*(said(edge, case) for case in CASES.values())))
    ours, theirs = (dict(zip(CASES, each, strict=True)) for each in answers)
    assert ours == theirs


def served_here(edge: Edge) -> int:
    """How many connections aiohttp does not have."""
    return len(edge.server._http_connections.open_ones)


@pytest.mark.parametrize("case", ["many packets", "base64", "an empty body", "no UTF-8"])
async def test_plain_requests_are_answered_without_aiohttp(case: str) -> None:
    async with running() as edge, client_of(edge) as client:
        sid = await client.open()
        for piece in [*JOIN, *CASES[case]][:-1]:
            assert await client.ask(piece.replace("SID", sid))
            assert served_here(edge) == 1
        client.writer.transport.abort()
        await edge.chat.until(lambda: not served_here(edge))


async def test_a_host_that_is_not_allowed_is_left_to_aiohttp() -> None:
    def make(settings: Settings, _: Hosts, handler: Echo, counts: Counts) -> EngineIOServer:
        return make_server(settings, Hosts(True), handler, counts)

    async with running(make=make) as edge, client_of(edge) as client:
        assert await client.ask(get())
        assert served_here(edge) == 0


async def test_the_connection_is_handed_over_with_what_has_come_and_stays_with_aiohttp() -> None:
    async with running() as edge, client_of(edge) as client:
        sid = await client.open()
        assert served_here(edge) == 1
        assert b"404" in await client.ask(get().replace("socket.io", "nowhere"))
        assert served_here(edge) == 0
        assert await client.ask(posted("40", sid=sid))
        assert b"40{" in await client.ask(get(sid))
        assert served_here(edge) == 0


def connected(edge: Edge) -> int:
    """How many connections the server has, aiohttp's among them."""
    handlers = [one for one in gc.get_objects() if isinstance(one, RequestHandler)]
    return served_here(edge) + sum(one.transport is not None for one in handlers)


@contextlib.asynccontextmanager
async def polling_client(edge: Edge) -> AsyncIterator[tuple[Client, Client, str]]:
    """A client whose session is connected, a second client for its posts, and the sid."""
    async with client_of(edge) as client, client_of(edge) as other:
        sid = await client.open()
        assert await other.ask(posted("40", sid=sid))
        assert b"40{" in await client.ask(get(sid))
        yield client, other, sid


BOTH_WAYS = pytest.mark.parametrize("by_aiohttp", [False, True])


@BOTH_WAYS
async def test_a_request_behind_a_poll_is_answered_after_it(by_aiohttp: bool) -> None:
    async with (
        running(by_aiohttp=by_aiohttp) as edge,
        polling_client(edge) as (client, other, sid),
    ):
        client.writer.write((get(sid)).encode())
        await edge.chat.until(lambda: edge.connections[sid]._polling.polled)
        client.writer.write(posted('421["echo",1]', sid=sid).encode())
        assert b"OK" in await other.ask(posted('420["echo",2]', sid=sid))
        assert b"430[" in await client.answer()
        assert b"OK" in await client.answer()
        assert b"431[" in await client.ask(get(sid))


@BOTH_WAYS
async def test_a_poll_whose_connection_broke_loses_no_frames(by_aiohttp: bool) -> None:
    async with (
        running(by_aiohttp=by_aiohttp) as edge,
        polling_client(edge) as (client, other, sid),
    ):
        client.writer.write(get(sid).encode())
        await edge.chat.until(lambda: edge.connections[sid]._polling.polled)
        before = connected(edge)
        client.writer.transport.abort()
        await edge.chat.until(lambda: connected(edge) < before)
        assert await other.ask(posted('420["echo",1]', sid=sid))
        # Nobody would have got the ack: the session ends, and its browser comes back.
        await edge.chat.until(lambda: sid not in edge.connections)


async def test_an_idle_connection_is_closed_and_one_that_waits_for_an_answer_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_connection, "KEEPALIVE_S", 0.1)
    async with (
        running(connect_timeout=1.0, ping_interval=0.6) as edge,
        client_of(edge) as idle,
        client_of(edge) as waiting,
    ):
        await idle.open()
        sid = await waiting.open()
        waiting.writer.write(get(sid).encode())
        assert await idle.answer() == b""
        assert (await waiting.answer()).endswith(b"2")  # the ping, later
        assert await waiting.answer() == b""


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    async with (
        running(outbox_bytes=1000) as edge,
        polling_client(edge) as (client, other, sid),
    ):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        large = "x" * 10_000
        for _ in range(10_000):
            if b" 400 " in await other.ask(posted(f'420["echo","{large}"]', sid=sid)):
                break
            client.writer.write(get(sid).encode())
        assert edge.counts.cut_off.value == 1


async def test_a_session_ends_if_the_answer_to_its_poll_is_lost_on_the_way() -> None:
    async with running() as edge, polling_client(edge) as (client, _, sid):
        session = edge.connections[sid]
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        edge.chat.sockets[-1].send(Frame.event("large", "x" * 8_000_000))  # the kernel takes less
        client.writer.write(get(sid).encode())
        await edge.chat.until(lambda: session.outbox.waiting.empty)
        assert session.outbox.unsent_bytes
        client.writer.transport.abort()
        await edge.chat.until(lambda: sid not in edge.connections)


async def test_a_session_ends_with_the_connection_on_which_its_poll_waits() -> None:
    async with running() as edge, client_of(edge) as client:
        sid = await client.open()
        client.writer.write(get(sid).encode())
        await edge.chat.until(lambda: edge.connections[sid]._polling)
        client.writer.transport.abort()
        await edge.chat.until(lambda: sid not in edge.connections)
        assert not edge.counts.refused_frames.value


async def test_an_unread_answer_counts_for_its_own_session_only() -> None:
    async with running() as edge, client_of(edge) as client, client_of(edge) as other:
        idle, large = [await client.open() for _ in range(2)]
        for sid in (idle, large):
            assert await other.ask(posted("40", sid=sid))
            assert b"40{" in await client.ask(get(sid))
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        edge.chat.sockets[-1].send(Frame.event("large", "x" * 8_000_000))
        client.writer.write(get(large).encode())
        await edge.chat.until(lambda: edge.connections[large].outbox.waiting.empty)
        assert edge.connections[large].outbox.unsent_bytes > 1_000_000
        assert not edge.connections[idle].outbox.unsent_bytes


async def test_what_waits_behind_a_poll_is_in_the_backlog() -> None:
    async with running() as edge, polling_client(edge) as (client, other, sid):
        client.writer.write(get(sid).encode())
        await edge.chat.until(lambda: edge.connections[sid]._polling.polled)
        client.writer.write(get(sid).encode())
        await edge.chat.until(lambda: edge.server.backlog.bytes)
        assert edge.server.backlog.bytes == len(get(sid))
        assert await other.ask(posted('420["echo",1]', sid=sid))
        assert b"430[" in await client.answer()
        assert not edge.server.backlog.bytes
        client.writer.transport.abort()
        await edge.chat.until(lambda: sid not in edge.connections)


async def test_connections_end_with_the_server() -> None:
    async with (
        running() as edge,
        client_of(edge) as idle,
        client_of(edge) as waiting,
    ):
        await idle.open()
        sid = await waiting.open()
        waiting.writer.write(get(sid).encode())
        await edge.chat.until(lambda: edge.connections[sid]._polling)
        await edge.server.end_connections()
        assert await idle.answer() == b""
        assert b" 400 " in await waiting.answer()
        assert await waiting.answer() == b""


async def test_what_ended_is_gone_without_a_garbage_collector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "ANSWER_S", 0.01)

    def living() -> list[Any]:
        ours = (HttpConnection, Polling, Connection)
        return [one for one in gc.get_objects() if isinstance(one, ours)]

    async with running() as edge:
        gc.collect()
        gc.disable()
        try:
            for name in ("a chat", "an unknown packet", "JSONP", "two requests at once"):
                await said(edge, CASES[name])
            async with polling(edge) as (http, url):
                waiting = asyncio.gather(poll(http, url))
                assert await post(http, url, '420["echo",1]') == 200
                await waiting
            for connection in list(edge.connections.values()):
                connection.cut_off()
            edge.chat.sockets.clear()
            edge.chat.told.clear()
            del connection, waiting
            await edge.chat.until(lambda: not living())
        finally:
            gc.enable()
