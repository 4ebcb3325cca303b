"""HTTP requests that cost more than they look: compressed bodies, tiny chunks, large heads."""

import asyncio
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.attacks.unnoticed import nobody_notices
from tests.system.harness import House

ZEROS = zlib.compress(b"\0" * 200_000_000)
"""200 MB in 200 kB."""
AT_ONCE = 20
POLL = "/socket.io/?EIO=4&transport=polling"
WITHIN_S = 15.0


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


async def send(url: str, *parts: bytes) -> bytes:
    """What is answered, to its end, to all these bytes or as many as are taken."""
    parsed = urlsplit(url)
    reader, writer = await asyncio.open_connection(parsed.hostname, parsed.port)

    async def write() -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    async def read() -> None:
        nonlocal answer
        while chunk := await reader.read(65536):
            answer += chunk

    answer = b""
    try:
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(write(), read(), return_exceptions=True)
    finally:
        writer.transport.abort()
    return answer


async def session(url: str) -> str:
    """A polling session's sid."""
    answer = await send(url, head("GET", POLL, "Connection: close"))
    return answer.partition(b'"sid":"')[2].partition(b'"')[0].decode()


@pytest.mark.parametrize("encoding", ["deflate", "gzip"])
@pytest.mark.parametrize("known", [True, False])
async def test_compressed_posts(hubbub: House, encoding: str, known: bool) -> None:
    async def attack() -> None:
        sid = await session(hubbub.url) if known else "nobody"
        length = f"Content-Length: {len(ZEROS)}"
        begin = head("POST", f"{POLL}&sid={sid}", f"Content-Encoding: {encoding}", length)
        sent = [send(hubbub.url, begin, ZEROS) for _ in range(AT_ONCE)]
        for answer in await asyncio.gather(*sent):
            assert answer.startswith(b"HTTP/1.1 415 ")

    await nobody_notices(attack, hubbub)


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/style.css", "/metrics", "/none"])
async def test_compressed_bodies_on_every_route(hubbub: House, path: str) -> None:
    """The broker's too: a gateway that waits for it cannot ack."""
    begin = head("GET", path, "Content-Encoding: deflate", f"Content-Length: {len(ZEROS)}")

    async def attack() -> None:
        urls = [hubbub.url, hubbub.broker.url]
        sent = [send(url, begin, ZEROS) for url in urls for _ in range(AT_ONCE)]
        for answer in await asyncio.gather(*sent):
            assert answer.startswith(b"HTTP/1.1 415 ")

    await nobody_notices(attack, hubbub)


def chunks(size: int, count: int) -> Iterator[bytes]:
    """A chunked body, in pieces of 64 kB."""
    one = b"%x\r\n%s\r\n" % (size, b"4" * size)
    some = max(1, 65536 // len(one))
    for _ in range(0, count, some):
        yield one * some
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_bodies_in_chunks_of_a_byte(hubbub: House, method: str) -> None:
    async def attack() -> None:
        sids = [await session(hubbub.url) for _ in range(AT_ONCE)]
        begins = [head(method, f"{POLL}&sid={sid}", "Transfer-Encoding: chunked") for sid in sids]
        sent = [send(hubbub.url, begin, *chunks(1, 300_000)) for begin in begins]
        await asyncio.gather(*sent)

    await nobody_notices(attack, hubbub)


async def test_heads_of_eight_kilobytes_one_after_the_other(hubbub: House) -> None:
    lines = [f"X-{n}: {'x' * 60}" for n in range(110)]
    one = head("GET", "/healthz", *lines)

    async def attack() -> None:
        last = head("GET", "/healthz", "Connection: close")
        sent = [send(hubbub.url, one * 200, last) for _ in range(AT_ONCE)]
        for answer in await asyncio.gather(*sent):
            assert answer.startswith(b"HTTP/1.1 200 ")

    await attack()  # what allocators keep of a first one they have again for the next
    await nobody_notices(attack, hubbub)


async def test_endless_heads_and_lines(hubbub: House) -> None:
    async def attack() -> None:
        for endless in (b"GET /" + b"x" * 1_000_000, head("GET", "/")[:-2] + b"A: b\r\n" * 100_000):
            sent = [send(hubbub.url, endless) for _ in range(AT_ONCE)]
            for answer in await asyncio.gather(*sent):
                assert answer == b"" or b" 400 " in answer

    await attack()
    await nobody_notices(attack, hubbub)


async def test_who_waits_for_100_continue(hubbub: House) -> None:
    expect = ("Expect: 100-continue", "Content-Length: 1000000000")

    async def attack() -> None:
        for method, path in (("POST", f"{POLL}&sid=nobody"), ("GET", "/metrics"), ("PUT", "/")):
            begin = head(method, path, *expect)
            sent = [send(hubbub.url, begin, *[b"4" * 65536] * 50) for _ in range(AT_ONCE)]
            await asyncio.gather(*sent)  # all are closed

    await nobody_notices(attack, hubbub)
