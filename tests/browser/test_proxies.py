"""The configurations of docs/deploy: page, WebSocket, polling, upgrade and addresses."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import socketio

from tests.browser.conftest import OpenWindow
from tests.support.system import Process, System
from tests.system import proxies
from tests.system.client import WITHIN_S, eventually
from tests.system.people import Person

PUBLIC = {"": "chat.example", "/chat": "www.example"}
SETTINGS = {"HUBBUB_PROXIES": "127.0.0.1"}


@pytest.fixture(scope="module", params=["nginx", "caddy", "haproxy"])
def tool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def system(tool: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Two gateways at a host of their own, two below a path."""
    each = [
        {"HUBBUB_PATH": path, "HUBBUB_ORIGINS": f"https://{host}", **SETTINGS}
        for path, host in PUBLIC.items()
        for _ in range(2)
    ]
    with System(tmp_path_factory.mktemp(tool), gateways=4, each=each) as system:
        yield system


@pytest.mark.parametrize("path", PUBLIC)
async def test_everything_passes(
    system: System, tool: str, path: str, tmp_path: Path, open_window: OpenWindow, room: str
) -> None:
    gateways = system.gateways[:2] if path == "" else system.gateways[2:]
    with proxies.running(tool, path, [one.settings["PORT"] for one in gateways], tmp_path) as url:
        public = {"Host": PUBLIC[path], "Origin": f"https://{PUBLIC[path]}"}
        at = f"{path}/socket.io".removeprefix("/")
        async with (
            Person(url, path=at, headers=public, transports=["websocket"]) as ann,
            Person(url, path=at, headers=public, transports=["polling"]) as bob,
            Person(url, path=at, headers=public, transports=["polling", "websocket"]) as eve,
        ):
            transports = [one.transport for one in (ann, bob, eve)]
            assert transports == ["websocket", "polling", "websocket"]
            for person, name in ((ann, "ann"), (bob, "bob"), (eve, "eve")):
                await person.join(room, user=f"{name}-{room}")
            window = await open_window(f"{url}{path}/#{room}", f"joe-{room}")
            await window.say("from the page")
            for person in (ann, bob, eve):
                await person.hears_text("from the page")
            for person, text in ((ann, "by websocket"), (bob, "by polling"), (eve, "by both")):
                await person.say(room, text)
                await window.sees(text)
        assert await status(f"{url}{path}/metrics", PUBLIC[path]) == 404
        assert await status(f"{url}{path}/healthz", PUBLIC[path]) == 200
        assert await status(f"{url}{path}/", "foe.example") == 403
        if path:
            assert await status(url + path, PUBLIC[path]) in (301, 308)
        # What the client claims of its address is not believed, what the proxy adds is.
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.7", 0))
        foe = {"Origin": "https://foe.example", "X-Forwarded-For": "6.6.6.6", "Host": PUBLIC[path]}
        async with aiohttp.ClientSession(connector=connector) as http:
            poll = f"{url}/{at}/?EIO=4&transport=polling"
            async with http.get(poll, headers=foe) as answer:
                assert answer.status == 400
        line = f"from 127.0.0.7: Origin https://foe.example, Host {PUBLIC[path]}"

        async def is_logged() -> bool:
            return any(line in gateway.log for gateway in gateways)

        await eventually(is_logged, line)


async def test_who_has_lost_a_gateway_goes_on_at_the_other(
    system: System, tool: str, tmp_path: Path, room: str
) -> None:
    """By the same address: the client comes back to the proxy."""
    gateways = system.gateways[:2]
    with proxies.running(tool, "", [one.settings["PORT"] for one in gateways], tmp_path) as url:
        async with Person(url, transports=["websocket"]) as ann:
            await ann.join(room, user=f"ann-{room}")
            served = [await connections(one) for one in gateways]
            lost = gateways[served.index(1)]
            lost.kill()
            async with asyncio.timeout(WITHIN_S):
                await ann.gone.wait()

        async def comes_back() -> bool:
            try:
                async with Person(url, transports=["websocket"]) as again:
                    await again.join(room, token=ann.token)
                    return again.user == ann.user
            except socketio.exceptions.ConnectionError:
                return False

        try:
            await eventually(comes_back, "a connection by the other gateway")
        finally:
            lost.start()


async def connections(gateway: Process) -> float:
    _, figures = await asyncio.to_thread(gateway.get, "/metrics")
    (line,) = [one for one in figures.splitlines() if one.startswith("hubbub_gateway_connections ")]
    return float(line.split()[1])


async def test_a_proxy_may_strip_the_path(
    hubbub: System, tmp_path: Path, open_window: OpenWindow, room: str
) -> None:
    strip = ("proxy_pass http://hubbub;", "proxy_pass http://hubbub/;")
    ports = 2 * [hubbub.gateways[0].settings["PORT"]]
    with proxies.running("nginx", "/chat", ports, tmp_path, strip) as url:
        window = await open_window(f"{url}/chat/#{room}", f"ann-{room}")
        await window.say("below a path that the gateway does not know")
        await window.sees("below a path that the gateway does not know")


async def status(url: str, host: str) -> int:
    async with (
        aiohttp.ClientSession() as http,
        http.get(url, headers={"Host": host}, allow_redirects=False) as answer,
    ):
        return answer.status
