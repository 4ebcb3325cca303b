"""HTTP requests that cost more than they look: compressed bodies, tiny chunks, large heads."""

import asyncio
import zlib
from urllib.parse import urlsplit

import pytest

from tests.attacks.unnoticed import nobody_notices
from tests.support.system import System

ZEROS = zlib.compress(b"\0" * 200_000_000)
"""A body of 200 kB that is 200 MB when it is unpacked."""
AT_ONCE, ROUNDS = 20, 8
POLL = "/socket.io/?EIO=4&transport=polling"
WITHIN_S = 15.0


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


async def send(url: str, *parts: bytes) -> bytes:
    """Sends these bytes, or as many as the server takes; returns its whole answer."""
    parsed = urlsplit(url)
    reader, writer = await asyncio.open_connection(parsed.hostname, parsed.port)

    async def write() -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    answer = bytearray()

    async def read() -> None:
        while chunk := await reader.read(65536):
            answer.extend(chunk)

    try:
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(write(), read(), return_exceptions=True)
    finally:
        writer.transport.abort()
    return bytes(answer)


async def session(url: str) -> str:
    """Opens a polling session; returns its sid."""
    answer = await send(url, head("GET", POLL, "Connection: close"))
    return answer.partition(b'"sid":"')[2].partition(b'"')[0].decode()


@pytest.mark.parametrize("encoding", ["deflate", "gzip"])
@pytest.mark.parametrize("known", [True, False])
async def test_compressed_posts_disturb_nobody(hubbub: System, encoding: str, known: bool) -> None:
    async def attack() -> None:
        sid = await session(hubbub.url) if known else "nobody"
        length = f"Content-Length: {len(ZEROS)}"
        begin = head("POST", f"{POLL}&sid={sid}", f"Content-Encoding: {encoding}", length)
        sent = [send(hubbub.url, begin, ZEROS) for _ in range(AT_ONCE)]
        for answer in await asyncio.gather(*sent):
            assert answer.startswith(b"HTTP/1.1 415 ")

    await nobody_notices(attack, hubbub)


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/style.css", "/metrics", "/none"])
async def test_compressed_bodies_disturb_nobody_on_any_route(hubbub: System, path: str) -> None:
    """The broker has routes as well: a gateway that waits for the broker cannot ack."""
    begin = head("GET", path, "Content-Encoding: deflate", f"Content-Length: {len(ZEROS)}")

    async def attack() -> None:
        urls = [hubbub.url, hubbub.broker.url]
        sent = [send(url, begin, ZEROS) for url in urls for _ in range(AT_ONCE)]
        for answer in await asyncio.gather(*sent):
            assert answer.startswith(b"HTTP/1.1 415 ")

    await nobody_notices(attack, hubbub)


CHUNKS = [b"1\r\n4\r\n" * 10_000] * 30
"""300,000 chunks of one byte."""


@pytest.mark.parametrize("whom", ["a gateway's GET", "a gateway's POST", "the broker"])
async def test_bodies_in_chunks_of_a_byte_disturb_nobody(hubbub: System, whom: str) -> None:
    method = "POST" if "POST" in whom else "GET"
    url = hubbub.broker.url if "broker" in whom else hubbub.url

    async def attack() -> None:
        for _ in range(ROUNDS):
            sid = await session(hubbub.url)
            path = "/metrics" if "broker" in whom else f"{POLL}&sid={sid}"
            begin = head(method, path, "Transfer-Encoding: chunked")
            sent = [send(url, begin, *CHUNKS) for _ in range(AT_ONCE // 4)]
            await asyncio.gather(*sent)

    await nobody_notices(attack, hubbub)


async def test_heads_of_eight_kilobytes_one_after_the_other_disturb_nobody(hubbub: System) -> None:
    lines = [f"X-{n}: {'x' * 60}" for n in range(110)]
    one = head("GET", "/healthz", *lines)

    async def attack() -> None:
        last = head("GET", "/healthz", "Connection: close")
        sent = [send(hubbub.url, one * 200, last) for _ in range(AT_ONCE)]
        for answer in await asyncio.gather(*sent):
            assert answer.startswith(b"HTTP/1.1 200 ")

    await attack()  # what allocators keep of a first one they have again for the next
    await nobody_notices(attack, hubbub)


async def test_endless_heads_and_lines_disturb_nobody(hubbub: System) -> None:
    async def attack() -> None:
        for endless in (b"GET /" + b"x" * 1_000_000, head("GET", "/")[:-2] + b"A: b\r\n" * 100_000):
            sent = [send(hubbub.url, endless) for _ in range(AT_ONCE)]
            for answer in await asyncio.gather(*sent):
                assert answer == b"" or b" 400 " in answer

    await attack()
    await nobody_notices(attack, hubbub)


async def test_requests_that_wait_for_100_continue_disturb_nobody(hubbub: System) -> None:
    expect = ("Expect: 100-continue", "Content-Length: 1000000000")

    async def attack() -> None:
        for method, path in (("POST", f"{POLL}&sid=nobody"), ("GET", "/metrics"), ("PUT", "/")):
            begin = head(method, path, *expect)
            sent = [send(hubbub.url, begin, *[b"4" * 65536] * 50) for _ in range(AT_ONCE)]
            await asyncio.gather(*sent)  # all are closed

    await nobody_notices(attack, hubbub)
