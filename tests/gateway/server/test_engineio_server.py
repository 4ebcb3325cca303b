"""The Engine.IO server (gateway/server/engineio_server.py) against bytes that no browser sends."""

import asyncio
import random

import pytest

from tests.support.edge import Edge, bare, running

OPEN = "/socket.io/?EIO=4&transport=polling"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


async def say(edge: Edge, sent: bytes) -> bytes:
    """Sends it, reads what comes until the other side is done or silent, and hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", edge.port)
    writer.write(sent)
    answer = b""
    try:
        async with asyncio.timeout(0.2):
            while chunk := await reader.read(1 << 16):
                answer += chunk
    except (TimeoutError, ConnectionError):
        pass
    writer.transport.abort()
    return answer


@pytest.mark.parametrize("setting", ["", "*"])
@pytest.mark.parametrize(
    ("line", "headers", "body"),
    [
        (f"GET {OPEN}", "Origin: \xff\xfe\r\n", ""),
        (f"GET {OPEN}", "Access-Control-Request-Headers: \xff\r\n", ""),
        (f"OPTIONS {OPEN}", "Origin: http://x\r\nAccess-Control-Request-Headers: a\r\n", ""),
        (f"HEAD {OPEN}", "", ""),
        (f"PUT {OPEN}", "", ""),
        (f"GET {OPEN}&sid=%0a%00%ff", "", ""),
        (f"GET {OPEN}&j=x", "", ""),
        (f"GET {OPEN.replace('polling', 'websocket')}", UPGRADE + "Origin: null\r\n", ""),
        (f"GET {OPEN.replace('polling', 'websocket')}", "Upgrade: websocket\r\n", ""),
        (f"GET {OPEN.replace('polling', 'websocket')}", UPGRADE, "\x81\x80"),
        (f"GET {OPEN.replace('polling', 'websocket')}", UPGRADE, "\x81\xff" + "\xff" * 30),
        (f"GET {OPEN.replace('polling', 'websocket')}", UPGRADE, "\xff" * 300),
        (f"GET {OPEN.replace('polling', 'websocket')}", UPGRADE, "\x81\x82\0\0\0\x0040" * 3),
        (f"GET {OPEN.replace('polling', 'websocket')}", UPGRADE, "\x89\x80\0\0\0\0" * 5000),
        (f"POST {OPEN}&sid=SID", "Content-Length: 100\r\n", "40"),
        (f"POST {OPEN}&sid=SID", "Transfer-Encoding: chunked\r\n", "zz\r\n"),
        (f"POST {OPEN}&sid=SID", "Transfer-Encoding: chunked\r\n", "2\r\n40\r\n0\r\n\r\n"),
        (f"POST {OPEN}&sid=SID", "Content-Length: 3\r\nContent-Encoding: gzip\r\n", "abc"),
        (f"POST {OPEN}&sid=SID", "Content-Length: 4\r\n", "d=40"),
        (f"GET {OPEN}&sid=SID&transport=websocket", UPGRADE, "\x81\x81\0\0\0\x00x"),
    ],
)
async def test_strange_requests(
    setting: str, line: str, headers: str, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(origins=setting) as edge, bare(edge) as victim:
        await victim.connect()
        opened = await say(edge, f"GET {OPEN} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        sid = opened.partition(b'"sid":"')[2].partition(b'"')[0].decode()
        request = f"{line.replace('SID', sid)} HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}"
        answer = await say(edge, request.encode("latin-1"))
        assert b" 500 " not in answer
        await victim.say('420["echo"]')
        assert (await victim.hear() or "").startswith("430")
    # aiohttp logs a body that it cannot decode: once in a while, see `limit_libraries`.
    faults = [r for r in caplog.records if r.exc_info and r.name != "aiohttp.server"]
    assert not faults, caplog.text


async def test_broken_bodies_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    request = (
        f"POST {OPEN}&sid=x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        "Content-Encoding: gzip\r\n\r\nabc"
    )
    async with running() as edge:
        for _ in range(5):
            await say(edge, request.encode())
    assert len([record for record in caplog.records if record.exc_info]) <= 2


async def test_random_packets_disturb_nobody(caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(7)
    async with running() as edge, bare(edge) as victim:
        await victim.connect()
        for n in range(60):
            async with bare(edge) as hostile:
                for _ in range(5):
                    size = chance.randrange(12)
                    text = "".join(chance.choices('0123456{}[]",echo/-\x1e', k=size))
                    if hostile.ws.closed:
                        break
                    await hostile.say(("40", "42", "4", "")[n % 4] + text)
                hostile.ws._writer.transport.abort()
            await victim.say(f'42{n}["echo"]')
            assert (await victim.hear() or "").startswith(f"43{n}[")
        await edge.chat.until(lambda: len(edge.connections) == 1)
    assert not [record for record in caplog.records if record.exc_info], caplog.text
