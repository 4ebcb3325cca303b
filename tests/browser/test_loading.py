"""How the page is loaded: few requests, few bytes, and hardly any the second time."""

from collections.abc import Callable
from typing import Any

from playwright.async_api import Browser

from tests.browser.window import Window, new_window
from tests.support.system import System

Name = Callable[[str], str]
MOST_REQUESTS, MOST_BYTES = 6, 45_000
MOST_AGAIN, MOST_BYTES_AGAIN = 2, 2_000


async def loaded(window: Window, open_it: Callable[[], Any]) -> tuple[list[str], int]:
    """What went over the network meanwhile: addresses, and bytes of answers."""
    session = await window.page.context.new_cdp_session(window.page)
    await session.send("Network.enable")
    asked: list[str] = []
    cached: set[str] = set()
    sizes: list[int] = []

    def answered(event: dict[str, Any]) -> None:
        if event["requestId"] not in cached and not event["response"].get("fromDiskCache"):
            asked.append(event["response"]["url"])

    session.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.on("Network.webSocketCreated", lambda event: asked.append(event["url"]))
    await open_it()
    await window.is_online()
    await session.detach()
    return asked, sum(sizes)


async def test_a_load_is_few_requests_and_bytes_and_a_second_one_hardly_any(
    hubbub: System, browser: Browser, name: Name
) -> None:
    ann = await new_window(await browser.new_context(), hubbub.url)
    asked, size = await loaded(ann, lambda: ann.open(name("ann")))
    assert len(asked) <= MOST_REQUESTS, asked
    assert 20_000 < size <= MOST_BYTES
    asked, size = await loaded(ann, ann.page.reload)
    assert len(asked) <= MOST_AGAIN, asked
    assert 0 < size <= MOST_BYTES_AGAIN
    asked, size = await loaded(ann, lambda: ann.page.goto(hubbub.url + "/?again"))
    assert len(asked) <= MOST_AGAIN, asked
