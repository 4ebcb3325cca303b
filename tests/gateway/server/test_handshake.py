"""gateway/server/handshake.py: what is read here, and what is left to aiohttp."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.server.handshake import Handshake, HandshakeReader
from gateway.server.plain_head import Sender
from tests.support.odd_requests import CONNECT, HEADERS, TARGET, handshake, odd_requests

LEFT_TO_AIOHTTP = (
    "Connection twice",
    "Connection: 'upgraded'",
    "Connection: 'xUpgrade'",
    "Host: ''",
    "Host behind another one",
    "Host is missing",
    "Origin: ''",
    "Origin twice",
    "Sec-WebSocket-Key twice",
    "Sec-WebSocket-Key and another one",
    "Sec-WebSocket-Version and another one",
    "Upgrade and another one",
    "Upgrade: 'websocket, h2c'",
    "a body of length 5",
    "a body of no length",
    "a bare LF behind a value",
    "a body in chunks",
    "a folded line",
    "a poll before",
    "a request and a half",
    "a space before the colon",
    "an expectation",
    "an identical body",
    "empty lines before",
    "the target //socket.io/?EIO=4&transport=websocket",
    "the target /socket%2Eio/?EIO=4&transport=websocket",
    "the target /socket.io/?EIO=%34&transport=websocket",
    "the target /socket.io/?EIO=3&transport=websocket&sid={polling}",
    "the target /socket.io/?EIO=4&EIO=4&transport=websocket",
    "the target /socket.io/?EIO=4&transport=websocket#x",
    "the target /socket.io/?EIO=4&transport=websocket&",
    "the target /socket.io/?EIO=4&transport=websocket&j=0",
    "the target /socket.io/?EIO=4&transport=websocket&sid=",
    "the target /socket.io/?EIO=4&transport=websocket&transport=polling",
    "the target http://localhost/socket.io/?EIO=4&transport=websocket",
    "the version 'HTTP/1.0'",
    "the version 'HTTP/2.0'",
    "two cookies",
    "two proxies",
)
"""aiohttp refuses some of these and accepts others: see test_listener_differential.py."""
ODD = {odd.name: odd.pieces[0] for odd in odd_requests()}


def read(data: bytes) -> Handshake | None:
    return HandshakeReader("/socket.io/", asyncio.get_running_loop()).read(data)


async def test_a_handshake_is_read_with_all_that_the_server_asks_for() -> None:
    headers = {
        **HEADERS,
        "Origin": "https://page.example",
        "X-Forwarded-For": "192.0.2.7, 192.0.2.8",
        "Forwarded": "for=192.0.2.9",
    }
    line = f"GET {TARGET}&t=x&sid=a-B_1 HTTP/1.1"
    assert read(handshake(line, headers) + CONNECT) == Handshake(
        sid="a-B_1",
        sender=Sender(
            "localhost", "https://page.example", ["192.0.2.7, 192.0.2.8"], ["for=192.0.2.9"]
        ),
        answer=(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"  # RFC 6455, section 1.3
        ),
        early=CONNECT,
    )


async def test_a_new_session_has_no_sid_and_a_program_no_origin() -> None:
    read_one = read(handshake())
    assert read_one is not None
    assert (read_one.sid, read_one.sender.origin, read_one.early) == ("", None, b"")


@pytest.mark.parametrize("name", LEFT_TO_AIOHTTP)
async def test_what_is_odd_is_left_to_aiohttp(name: str) -> None:
    assert read(ODD[name]) is None


async def test_a_part_of_a_handshake_is_left_to_aiohttp() -> None:
    whole = handshake()
    assert [end for end in range(len(whole) + 1) if read(whole[:end])] == [len(whole)]


@given(st.sampled_from(sorted(ODD.values())), st.data())
async def test_any_bytes_are_a_handshake_or_left_to_aiohttp(data: bytes, chance) -> None:
    cut = chance.draw(st.integers(0, len(data)))
    read(data[:cut] + chance.draw(st.binary(max_size=8)) + data[cut:])
