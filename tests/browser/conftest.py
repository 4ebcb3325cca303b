"""Fixtures for tests in a real browser; each checks that the browser had nothing to complain of."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from scripts.processes import free_port
from tests.browser.window import DESKTOP, Window, new_window
from tests.support.loops import without_debug as without_debug
from tests.support.surroundings import need_tool
from tests.support.system import System
from tests.system.proxy import Proxy

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--no-first-run",
]  # fmt: skip
OpenWindow = Callable[..., Awaitable[Window]]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's chromium."""
    need_tool("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        yield browser
        await browser.close()


@pytest.fixture
def cut_off() -> bool:
    """A module whose tests take connections away overrides it: then the browser may say so."""
    return False


@pytest.fixture
async def open_window(browser: Browser, cut_off: bool) -> AsyncIterator[OpenWindow]:
    """Opens a page as a person of its own; `beside` opens another tab of that one's browser,
    `script` is run there before our own."""
    windows: list[Window] = []

    async def open_window(
        url: str,
        name: str | None = None,
        place: str = "",
        beside: Window | None = None,
        script: str = "",
        **how: Any,
    ) -> Window:
        if beside is None:
            context = await browser.new_context(**{"viewport": DESKTOP, **how})
        else:
            context = beside.page.context
        window = await new_window(context, url)
        windows.append(window)
        await window.page.add_init_script(script)
        await window.open(name, place)
        return window

    yield open_window
    for window in windows:
        assert not window.complaints(cut_off)


@pytest.fixture
async def system(tmp_path: Path) -> System:
    """Two gateways that know of each other; `wire` runs it."""
    return System(tmp_path, gateways=2)


@pytest.fixture
async def wire(system: System) -> AsyncIterator[Proxy]:
    """The first gateway's public address."""
    ours, theirs = system.gateways
    async with Proxy(free_port(), int(ours.http.rpartition(":")[2])) as wire:
        for gateway in system.gateways:
            gateway.settings["HUBBUB_GATEWAYS"] = f"{wire.url}, {theirs.url}"
        async with system:
            yield wire
