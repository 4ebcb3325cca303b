"""Fixtures for tests in a real browser; each checks that the browser had nothing to complain of."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from scripts.processes import free_port
from tests.browser.window import DESKTOP, Window, new_window
from tests.support.loops import without_debug as without_debug
from tests.support.surroundings import need_tool
from tests.support.system import System
from tests.system.people import Visit, visiting
from tests.system.proxy import Proxy

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--no-first-run",
]  # fmt: skip
OpenWindow = Callable[..., Awaitable[Window]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here run on one event loop, since they share a browser."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_browser() -> AsyncIterator[Browser]:
    """The system's chromium: a start takes a second, so that the tests of a worker share it."""
    need_tool("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(shared_browser: Browser) -> AsyncIterator[Browser]:
    """A browser without contexts: nothing is left of the test before."""
    yield shared_browser
    for context in shared_browser.contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit() -> AsyncIterator[Visit]:
    """As everywhere, on the event loop of the tests here."""
    async with visiting() as visit:
        yield visit


@pytest.fixture
def cut_off() -> bool:
    """A module whose tests take connections away overrides it: then the browser may say so."""
    return False


@pytest_asyncio.fixture(loop_scope="session")
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
def system(tmp_path: Path) -> System:
    """Two gateways that know of each other; `wire` runs it. A page may take long to come to the
    other gateway on a busy machine; it must not have left meanwhile."""
    return System(tmp_path, gateways=2, HUBBUB_LEAVE_GRACE="20")


@pytest_asyncio.fixture(loop_scope="session")
async def wire(system: System) -> AsyncIterator[Proxy]:
    """The first gateway's public address."""
    ours, theirs = system.gateways
    async with Proxy(free_port(), int(ours.http.rpartition(":")[2])) as wire:
        for gateway in system.gateways:
            gateway.settings["HUBBUB_GATEWAYS"] = f"{wire.url}, {theirs.url}"
        async with system:
            yield wire
