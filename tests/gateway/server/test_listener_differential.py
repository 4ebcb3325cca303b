"""The listener against aiohttp alone: the same bytes have the same outcome, however odd they are.

gateway/server/listener.py, gateway/server/handshake.py
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import log_rate
from tests.support.odd_requests import (
    PING,
    POLL,
    POLLING,
    UPGRADED,
    OddRequest,
    handshake,
    odd_requests,
)
from tests.support.served_app import ServedApp, served_app, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
SETTINGS = (
    {"host": "127.0.0.1"},  # requests have to name this machine
    {"host": "0.0.0.0", "origins": "https://page.example", "proxies": "loopback"},
)
EDITS = 100

AT_ONCE = 100
QUIET_S, QUIET_TURNS = 0.1, 20
"""A server that has done nothing for so many seconds, and then for so many turns of the loop that
it shares with its client, waits for the client."""
WITHIN_S = 30.0
SID = re.compile(rb'(?<="sid":")[\w-]+')
DATE = re.compile(rb"^Date: .*\r\n", re.M)
OF_101 = re.compile(rb"^(?!HTTP/|Upgrade:|Connection:|Sec-WebSocket-).+\r\n", re.M)
"""A header of a 101 that says nothing about the WebSocket: aiohttp adds its name and the date."""
MORE = re.compile(r" \(and \d+ more since the last line\)")


class Outcome(NamedTuple):
    said: bytes
    """All that the server said, without its sids and the date. If the client has closed its half,
    this is empty: whether aiohttp answers then depends on what it reads first."""
    end: str
    """`closed`, `reset`, or `open`: the server waits for more."""


class Client:
    """A connection to a server that runs on the same loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.said = b""
        """All that the server has said."""
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes, half_closed: bool = False) -> str:
        """Sends it, reads until the server is done or waits, and returns which (Outcome.end)."""
        try:
            self._writer.write(data)
            if half_closed:
                self._writer.write_eof()
            return await self._hear()
        except ConnectionError:
            return "reset"

    async def _hear(self) -> str:
        while True:
            reading = asyncio.get_running_loop().create_task(self._reader.read(1 << 16))
            await asyncio.wait([reading], timeout=QUIET_S)
            for _ in range(QUIET_TURNS):
                if reading.done():
                    break
                await asyncio.sleep(0)
            else:
                reading.cancel()
                return "open"
            if not reading.result():
                return "closed"
            self.said += reading.result()

    def hang_up(self) -> None:
        self._writer.transport.abort()


async def outcome(app: ServedApp, odd: OddRequest) -> Outcome:
    async with asyncio.timeout(WITHIN_S):
        client, before = [
            Client(*await asyncio.open_connection("127.0.0.1", app.port)) for _ in range(2)
        ]
        sids = {}
        for placeholder, request in ((POLLING, POLL), (UPGRADED, handshake())):
            if any(placeholder in piece for piece in odd.pieces):
                await before.send(request)
                (sids[placeholder],) = SID.findall(before.said)
        end = ""
        for piece in odd.pieces:
            for placeholder, sid in sids.items():
                piece = piece.replace(placeholder, sid)
            end = await client.send(piece, odd.half_closed and piece is odd.pieces[-1])
        client.hang_up()
        before.hang_up()
        return Outcome(b"" if odd.half_closed else masked(client.said, sids), end)


def masked(said: bytes, sids: Mapping[bytes, bytes]) -> bytes:
    """What a server said, without what differs each time or tells nothing."""
    for placeholder, sid in sids.items():
        said = said.replace(sid, placeholder)
    http, switching, rest = SID.sub(b"", DATE.sub(b"", said)).partition(b"HTTP/1.1 101")
    head, end, frames = rest.partition(b"\r\n\r\n")
    return http + switching + OF_101.sub(b"", head + b"\r\n") + end + frames


class Pair(NamedTuple):
    """The same application twice."""

    ours: ServedApp
    """Behind the listener."""
    theirs: ServedApp
    """Behind aiohttp's own."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=SETTINGS)
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    asyncio.get_running_loop().set_debug(False)  # it would take most of the time
    async with (
        served_app(**request.param) as ours,
        served_app(by_aiohttp=True, **request.param) as theirs,
    ):
        yield Pair(ours, theirs)


async def test_odd_requests_have_the_same_outcome(pair: Pair) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    for some in batches(list(odd_requests()), AT_ONCE):
        outcomes = [await asyncio.gather(*(outcome(app, odd) for odd in some)) for app in pair]
        differ = {
            odd.name: (ours, theirs)
            for odd, ours, theirs in zip(some, *outcomes, strict=True)
            if ours != theirs
        }
        assert not differ
    assert not faults
    for app in pair:
        await until(partial(has_no_websocket, app))
    assert len(pair.ours.sessions) == len(pair.theirs.sessions)


@pytest.mark.parametrize(
    "name",
    [
        "nothing odd",
        "Host: 'elsewhere.example'",
        "Origin: 'http://elsewhere.example'",
        "Origin: 'http://\xff'",
        "the target /socket.io/?EIO=3&transport=websocket",
        "the target /socket.io/?EIO=4&transport=webtransport",
        "the target /socket.io/?EIO=4&transport=websocket&sid=nobody",
        "the target /socket.io/?EIO=4&transport=websocket&sid={upgraded}",
        "Upgrade is missing",
        "a NUL in the first line",
        "129 headers",
        "an early packet that is none",
        "an early event before CONNECT",
        "a hello of TLS",
    ],
)
async def test_the_log_says_the_same(
    pair: Pair, name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_rate, "WINDOW_S", 0.0)
    (odd,) = (each for each in odd_requests() if each.name == name)
    logged: list[list[tuple[str, str, str]]] = []
    for app in pair:
        caplog.clear()
        await outcome(app, odd)
        logged.append([(r.name, r.levelname, MORE.sub("", r.message)) for r in caplog.records])
    assert logged[0] == logged[1]


edits = st.tuples(
    st.integers(0, len(handshake()) - 1),
    st.integers(0, 1),
    st.sampled_from([b"", b" ", b"\t", b"\r", b"\n", b"\0", b":", b"&", b"%"])
    | st.binary(max_size=2),
)
"""Edits of a handshake: where, how many bytes are taken out there, and what is put there."""


@given(edits)
@settings(max_examples=EDITS, deadline=None, suppress_health_check=[*HealthCheck])
async def test_an_edited_handshake_has_the_same_outcome(pair: Pair, edit) -> None:
    place, taken, put = edit
    plain = handshake()
    # What follows lets the server end each connection: the outcome is known without a wait.
    edited = plain[:place] + put + plain[place + taken :] + PING + b"\r\n\r\n"
    odd = OddRequest("edited", (edited,))
    ours, theirs = await asyncio.gather(*(outcome(app, odd) for app in pair))
    assert ours == theirs


def has_no_websocket(app: ServedApp) -> bool:
    return not any(session.upgraded for session in app.sessions.values())


def batches(requests: list[OddRequest], size: int) -> Iterator[list[OddRequest]]:
    for start in range(0, len(requests), size):
        yield requests[start : start + size]
