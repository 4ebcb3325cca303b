"""gateway/server/polling_request.py: what is read, and what is left to aiohttp."""

import asyncio

import pytest

from common.hosts import REMEMBERED
from gateway.server.polling_request import PollingReader, PollingRequest

GET = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1"
POST = "POST /socket.io/?EIO=4&transport=polling&sid=abc HTTP/1.1"


async def read(line: str, headers: str = "Host: x\r\n", body: str = "") -> PollingRequest | None:
    reader = PollingReader("/socket.io/", asyncio.get_running_loop())
    data = f"{line}\r\n{headers}\r\n{body}".encode("latin-1")
    first, again = reader.read(data), reader.read(data)
    assert first == again
    return first


@pytest.mark.parametrize(
    "query",
    [
        "EIO=4&transport=polling&t=PZx-1.a",
        "transport=polling&EIO=4&t=1764269726.5",
        "EIO=4&transport=polling&b64=1",
    ],
)
async def test_a_session_is_asked_for(query: str) -> None:
    request = await read(f"GET /socket.io/?{query} HTTP/1.1")
    assert request is not None
    assert (request.sid, request.posted) == ("", None)


async def test_a_poll_with_the_headers_of_browsers_and_proxies() -> None:
    request = await read(
        GET.replace("polling", "polling&sid=ab-_1"),
        "Host: a:1\r\nConnection: keep-alive\r\nOrigin: http://a\r\nUser-Agent: x\r\n"
        "Accept: */*\r\nX-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\nCookie: a=b\r\n",
    )
    assert request is not None
    assert (request.sid, request.posted) == ("ab-_1", None)
    sender = request.headers.sender
    assert (sender.host, sender.origin) == ("a:1", "http://a")
    assert (sender.x_forwarded_for, sender.forwarded) == (["1.2.3.4"], ["for=1.2.3.4"])


async def test_a_post_whose_body_is_there() -> None:
    request = await read(POST, "Host: x\r\nContent-Length: 4\r\n", "40\r\n")
    assert request is not None
    assert (request.sid, request.posted) == ("abc", b"40\r\n")


@pytest.mark.parametrize(
    ("line", "headers", "body"),
    [
        (GET.replace("GET", "HEAD"), "Host: x\r\n", ""),
        (GET.replace("GET", "get"), "Host: x\r\n", ""),
        (GET.replace("1.1", "1.0"), "Host: x\r\n", ""),
        (GET.replace("EIO=4", "EIO=3"), "Host: x\r\n", ""),
        (GET.replace("EIO=4&", ""), "Host: x\r\n", ""),
        (GET.replace("polling", "websocket"), "Host: x\r\n", ""),
        (GET.replace("polling", "polling&j=0"), "Host: x\r\n", ""),
        (GET.replace("polling", "polling&sid="), "Host: x\r\n", ""),
        (GET.replace("polling", "polling&sid=a&sid=b"), "Host: x\r\n", ""),
        (GET.replace("polling", "polling&sid=%61"), "Host: x\r\n", ""),
        (GET.replace("polling", "polling&t=1&t=2"), "Host: x\r\n", ""),
        (GET.replace("polling", "polling&EIO=4"), "Host: x\r\n", ""),
        (GET.replace("polling", "polling&"), "Host: x\r\n", ""),
        (GET.replace("polling", "polling&&t=1"), "Host: x\r\n", ""),
        (GET.replace("polling", "pollingt=1"), "Host: x\r\n", ""),
        (GET.replace("polling", "pollings"), "Host: x\r\n", ""),
        (GET.replace("EIO=4&transport=polling", "EIO=4transport=polling&"), "Host: x\r\n", ""),
        (GET.replace("EIO=4&transport=polling", "&EIO=4transport=polling"), "Host: x\r\n", ""),
        (GET.replace("EIO=4", "EIO=4EIO=4"), "Host: x\r\n", ""),
        (GET.replace("polling", "polling&t=" + "1" * 1000), "Host: x\r\n", ""),
        (GET.replace("/socket.io/", "/socket.io"), "Host: x\r\n", ""),
        (GET.replace("/socket.io/", "/socketxio/"), "Host: x\r\n", ""),
        (GET.replace("/socket.io/", "http://x/socket.io/"), "Host: x\r\n", ""),
        (GET, "", ""),
        (GET, "Host:\r\n", ""),
        (GET, "Host: x\r\nHost: x\r\n", ""),
        (GET, "Host: x\r\nOrigin:\r\n", ""),
        (GET, "Host: x\r\nOrigin: http://a\r\nOrigin: http://b\r\n", ""),
        (GET, "Host: x\r\nForwarded: for=1.2.3.4\r\nforwarded: for=1.2.3.4\r\n", ""),
        (GET, "Host: x\r\nOrigin: http://\xff\r\n", ""),
        (GET, "Host: x\r\nConnection: close\r\n", ""),
        (GET, "Host: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", ""),
        (GET, "Host: x\r\nUpgrade: h2c\r\n", ""),
        (GET, "Host: x\r\nAccess-Control-Request-Headers: a\r\n", ""),
        (GET, "Host: x\r\nContent-Length: 0\r\n", ""),
        (GET, "Host: x\r\nno colon\r\n", ""),
        (GET, "Host: x\r\n folded\r\n", ""),
        (GET, "Host : x\r\n", ""),
        (GET, "Host: x\0\r\n", ""),
        (GET, "Host: x\r\n", "GET / HTTP/1.1\r\n"),
        (POST, "Host: x\r\n", ""),
        (POST, "Host: x\r\nContent-Length: 3\r\n", "40"),
        (POST, "Host: x\r\nContent-Length: 1\r\n", "40"),
        (POST, "Host: x\r\nContent-Length: 02\r\n", "40"),
        (POST, "Host: x\r\nContent-Length: +2\r\n", "40"),
        (POST, "Host: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n", "40"),
        (POST, "Host: x\r\nContent-Length: 2\r\nContent-Encoding: identity\r\n", "40"),
        (POST, "Host: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n", "40"),
        (POST, "Host: x\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        (POST.replace("&sid=abc", ""), "Host: x\r\nContent-Length: 2\r\n", "40"),
    ],
)
async def test_what_is_odd_is_left_to_aiohttp(line: str, headers: str, body: str) -> None:
    assert await read(line, headers, body) is None


@pytest.mark.parametrize("cut", [1, 10, 60, -1])
async def test_a_part_of_a_request_is_left_to_aiohttp(cut: int) -> None:
    reader = PollingReader("/socket.io/", asyncio.get_running_loop())
    assert reader.read(f"{GET}\r\nHost: x\r\n\r\n".encode()[:cut]) is None


async def test_headers_are_known_by_all_their_bytes_and_only_so_many_are_remembered() -> None:
    reader = PollingReader("/socket.io/", asyncio.get_running_loop())
    for number in range(2 * REMEMBERED):
        request = reader.read(f"{GET}\r\nHost: x{number}\r\n\r\n".encode())
        assert request is not None
        assert request.headers.sender.host == f"x{number}"
    assert reader._headers.cache_info().currsize == REMEMBERED
