"""common/http.py: bad requests are refused at the edge, unread."""

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web

from common.addresses import listen
from common.hosts import Hosts
from common.http import RUNNER_OPTIONS, edge_middleware


@asynccontextmanager
async def served(hosts: Hosts) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serves inside the block. Yields the URL, and a list of the bodies that the handler has
    read."""
    bodies: list[bytes] = []

    async def keep(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response(text="kept")

    app = web.Application(middlewares=[edge_middleware(hosts)])
    for path in ("/", "/healthz", "/chat/readyz", "/metrics"):
        app.router.add_route("*", path, keep)
    runner = web.AppRunner(app, **RUNNER_OPTIONS)
    await runner.setup()
    (door,) = listen("127.0.0.1", 0)
    await web.SockSite(runner, door).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", bodies
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("encoding", ["deflate", "gzip", "br", "zstd", "gzip, identity", "x", ""])
@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere"])
async def test_compressed_bodies_are_not_read(encoding: str, method: str, path: str) -> None:
    async with served(Hosts(True)) as (url, bodies), ClientSession() as http:
        body = zlib.compress(b"\0" * 20_000_000)
        headers = {"Content-Encoding": encoding}
        async with http.request(method, url + path, data=body, headers=headers) as answer:
            assert answer.status == 415
            assert "compressed" in await answer.text()
        assert bodies == []
        async with http.post(
            url, data=b"plain", headers={"Content-Encoding": "Identity"}
        ) as answer:
            assert answer.status == 200
        assert bodies == [b"plain"]


async def test_a_client_that_goes_on_sending_after_the_answer_is_disconnected() -> None:
    async with served(Hosts(True)) as (url, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\n"
        writer.write(head + b"Content-Length: 1000000000\r\n\r\n")
        async with asyncio.timeout(5):
            assert b" 415 " in await reader.readline()
            with pytest.raises(OSError):  # noqa: PT011, PT012  # reset, or a broken pipe
                while True:
                    writer.write(b"x" * 65536)
                    await writer.drain()
        writer.close()


async def test_foreign_names_are_refused_except_for_probes() -> None:
    async with (
        served(Hosts(True, "https://chat.example")) as (url, bodies),
        ClientSession() as http,
    ):

        async def status(path: str, host: str) -> int:
            async with http.get(url + path, headers={"Host": host}) as answer:
                return answer.status

        for path in ("/", "/metrics", "/nowhere"):
            assert await status(path, "evil.example") == 403
        assert bodies == []
        assert await status("/healthz", "10.0.0.7:4000") == 200
        assert await status("/chat/readyz", "10.0.0.7:4000") == 200
        assert await status("/metrics", "chat.example") == 200
        assert await status("/", "localhost:1") == 200


async def test_bad_requests_are_one_line_of_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A gateway of another test in this process may have limited the logger (common.log_rate).
    monkeypatch.setattr(logging.getLogger("aiohttp.server"), "filters", [])
    async with served(Hosts(True)) as (url, _):
        for line in (b"GET /%s" + b"x" * 9000, b"\x16\x03\x01\n\n", b"GET / HTTP/1.1\r\nA\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(line)
            async with asyncio.timeout(5):
                assert b" 400 " in await reader.readline()
            writer.close()
    records = [one for one in caplog.records if one.name == "aiohttp.server"]
    assert len(records) == 2, "what is no HTTP at all is not worth a line"
    for record in records:
        assert record.exc_info is None
        assert record.levelname == "WARNING"
        assert "\n" not in record.getMessage()
