"""Behind proxies that are silent to WebSockets the page polls (static/js/connection.js)."""

import asyncio

import pytest
from playwright.async_api import Browser

from scripts.processes import free_port
from tests.browser.window import WITHIN_MS, new_window
from tests.support.system import System
from tests.system.silent_proxy import Passes, SilentProxy

TIME_OUT_MS = 10_000
"""After which the page gives up a connection."""


@pytest.mark.parametrize("passes", ["nothing", "the handshake", "the first packet"])
async def test_a_websocket_that_nobody_answers_makes_the_page_poll(
    hubbub: System, browser: Browser, room: str, passes: Passes
) -> None:
    target = int(hubbub.gateways[0].http.rpartition(":")[2])
    async with SilentProxy(free_port(), target, passes) as proxy:
        window = await new_window(await browser.new_context(), f"{proxy.url}/#{room}")
        page = window.page
        await page.clock.install()
        await page.goto(window.url)
        await page.get_by_label("People in the room will see it.").fill("ann")
        await page.keyboard.press("Enter")
        async with asyncio.timeout(WITHIN_MS / 1000):
            await proxy.muted.wait()
        await page.clock.fast_forward(TIME_OUT_MS)
        await window.is_online()
        await window.say("by polling")
        await window.sees("by polling")
        await page.clock.fast_forward(TIME_OUT_MS)  # its own upgrade is silent too, and no harm
        await window.is_online()
