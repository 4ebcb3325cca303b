"""HUBBUB_PATH: the page, Socket.IO and health below a path."""

import aiohttp
import pytest

from tests.support.system import System
from tests.system.people import Person


@pytest.fixture(scope="module")
def gateway_settings() -> dict[str, str]:
    return {"HUBBUB_PATH": "/chat/room-1"}


async def test_everything_is_below_the_path_and_health_at_the_root_too(hubbub: System) -> None:
    base = f"{hubbub.url}/chat/room-1"
    poll = "/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as http:

        async def status(url: str) -> int:
            async with http.get(url, allow_redirects=False) as answer:
                return answer.status

        for place in ("/", "/static/style.css", poll, "/socket.io/socket.io.js", "/favicon.ico"):
            assert await status(base + place) == 200, place
            assert await status(hubbub.url + place) == 404, place
        for place in ("/healthz", "/readyz", "/metrics"):
            assert await status(base + place) == 200, place
            assert await status(hubbub.url + place) == 200, place
        async with http.get(base) as answer:
            assert answer.status == 200
            assert str(answer.url) == f"{base}/"
            assert '="/' not in await answer.text(), "addresses in the page are relative"
    assert f"at {base}/" in hubbub.gateways[0].log


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_stock_client_connects_below_the_path(
    hubbub: System, room, name, transport: str
) -> None:
    path = "/chat/room-1/socket.io"
    async with Person(hubbub.url, transports=[transport], path=path) as ann:
        await ann.join(room, user=name("ann"))
        await ann.say(room, "below a path")
        assert (await ann.hears_text("below a path"))["Seq"] == 2
