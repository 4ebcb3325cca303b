"""The page at `/` and who may connect from elsewhere."""

import aiohttp
import pytest
from multidict import CIMultiDict

from tests.support.system import System
from tests.system.client import eventually


async def fetch(url: str, **headers: str) -> tuple[int, CIMultiDict[str], str]:
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return answer.status, answer.headers.copy(), await answer.text()


async def test_the_page_is_served_under_a_strict_policy(hubbub: System) -> None:
    status, headers, body = await fetch(hubbub.url + "/")
    assert status == 200
    assert "<!doctype html" in body.lower()
    policy = headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "script-src" in policy or "default-src" in policy


POLL = "/socket.io/?EIO=4&transport=polling"
ELSEWHERE = "https://elsewhere.example"


async def connect(url: str, origin: str) -> int:
    """The status of a WebSocket handshake from a page of this origin."""
    async with aiohttp.ClientSession() as http:
        try:
            async with http.ws_connect(
                f"{url}/socket.io/?EIO=4&transport=websocket", headers={"Origin": origin}
            ):
                return 101
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status


async def test_pages_of_other_origins_are_refused(hubbub: System) -> None:
    assert await connect(hubbub.url, ELSEWHERE) in (400, 403)
    assert (await fetch(hubbub.url + POLL, Origin=ELSEWHERE))[0] in (400, 403)
    assert await connect(hubbub.url, hubbub.url) == 101
    assert (await fetch(hubbub.url + POLL, Origin=hubbub.url))[0] == 200
    assert (await fetch(hubbub.url + POLL))[0] == 200, "bots have no origin"


@pytest.mark.parametrize("origins", ["*", f"https://friend.example,{ELSEWHERE}"])
async def test_other_origins_may_be_let_in(tmp_path, origins: str) -> None:
    async with System(tmp_path, HUBBUB_ORIGINS=origins) as system:
        assert await connect(system.url, ELSEWHERE) == 101
        status, headers, _ = await fetch(system.url + POLL, Origin=ELSEWHERE)
        assert status == 200
        assert headers["Access-Control-Allow-Origin"] == ELSEWHERE
        assert headers["Access-Control-Allow-Credentials"] == "true"
        if origins != "*":
            assert await connect(system.url, "https://foe.example") in (400, 403)


async def test_gateways_of_one_list_let_each_other_s_pages_in(tmp_path) -> None:
    async with System(tmp_path, HUBBUB_GATEWAYS=f"{ELSEWHERE}, https://b.example/") as system:
        assert await connect(system.url, ELSEWHERE) == 101
        assert await connect(system.url, "https://b.example") == 101
        assert await connect(system.url, system.url) == 101
        assert await connect(system.url, "https://foe.example") in (400, 403)
        _, headers, _ = await fetch(system.url + POLL, Origin=ELSEWHERE)
        assert headers["Access-Control-Allow-Origin"] == ELSEWHERE
        _, headers, body = await fetch(system.url + "/")
        assert f'data-gateways="{ELSEWHERE} https://b.example"' in body
        policy = headers["Content-Security-Policy"]
        assert f"connect-src 'self' {ELSEWHERE} https://b.example wss://elsewhere" in policy


async def test_a_stranger_s_name_that_points_here_opens_nothing(tmp_path) -> None:
    """This is DNS rebinding: to the browser, page and gateway are of one origin."""
    async with System(tmp_path, HUBBUB_ORIGINS="https://chat.example") as system:
        foe = {"Host": "foe.example", "Origin": "http://foe.example"}
        for url in (
            *(system.url + place for place in ("/", POLL, "/static/style.css", "/metrics")),
            f"{system.broker.url}/metrics",
        ):
            status, _, body = await fetch(url, **foe)
            assert status == 403, url
            assert "HUBBUB_ORIGINS" in body
            assert (await fetch(url, Host="localhost:1"))[0] == 200, url
            assert (await fetch(url, Host="chat.example"))[0] == 200, url
        proxied = {"Host": "chat.example", "Origin": "https://chat.example"}
        assert (await fetch(system.url + POLL, **proxied))[0] == 200
        assert (await fetch(f"{system.url}/healthz", Host="10.0.0.7"))[0] == 200


async def test_the_log_says_why_a_page_is_refused(tmp_path) -> None:
    """Behind a proxy that does not pass Host on, the page is offline for no visible reason."""
    async with System(tmp_path, HUBBUB_PROXIES="loopback") as system:
        told = {"Origin": "https://chat.example", "X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
        assert (await fetch(system.url + POLL, **told))[0] == 400
        host = system.gateways[0].http
        line = f"from 203.0.113.9: Origin https://chat.example, Host {host}"

        async def is_logged() -> bool:
            return line in system.gateways[0].log

        await eventually(is_logged, line)
        assert "HUBBUB_ORIGINS" in system.gateways[0].log
        assert "bad-origin" not in system.gateways[0].log
