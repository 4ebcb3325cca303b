"""Fixtures for tests against real processes; logs of processes are shown when a test fails."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.system import STARTED, Process, System
from tests.system.people import PlainPage, Visit, visiting

LOG_CHARS = 6000
SLOW_FIRST = ("mutants", "system/faults", "system", "browser", "sim", "scripts")
"""Folders with slow files go first, so that no worker is alone with such a file at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=rank)


def rank(item: pytest.Item) -> int:
    """The index of the test's folder in SLOW_FIRST; all other folders come after those."""
    folder = item.path.relative_to(Path(__file__).parent).parent
    folders = {str(folder), *map(str, folder.parents)}
    return next((n for n, slow in enumerate(SLOW_FIRST) if slow in folders), len(SLOW_FIRST))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for process in STARTED:
            report.sections.append((f"log of {process.name}", process.log[-LOG_CHARS:]))
    del item


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    """A module overrides it to run its shared system with settings of its own."""
    return {}


@pytest.fixture(scope="module")
def gateway_settings() -> dict[str, str]:
    """A module overrides it to run the gateway of `hubbub` with other settings than the broker."""
    return {}


@pytest.fixture(scope="module")
def hubbub(
    tmp_path_factory: pytest.TempPathFactory,
    system_settings: dict[str, Any],
    gateway_settings: dict[str, str],
) -> Iterator[System]:
    """A broker and a gateway, shared by the module: tests keep to rooms of their own."""
    folder = tmp_path_factory.mktemp("hubbub")
    with System(folder, each=[gateway_settings], **system_settings) as system:
        yield system


@pytest.fixture(scope="module")
def two_gateways(
    tmp_path_factory: pytest.TempPathFactory, system_settings: dict[str, Any]
) -> Iterator[System]:
    """A broker and two gateways, shared by the module."""
    with System(tmp_path_factory.mktemp("hubbub"), gateways=2, **system_settings) as system:
        yield system


@pytest.fixture(scope="module")
def broker(hubbub: System) -> Process:
    return hubbub.broker


@pytest.fixture(scope="module")
def gateway(hubbub: System) -> Process:
    return hubbub.gateways[0]


@pytest.fixture
def tag() -> str:
    """A part of names, different in each test. It ends in no digit: a second Ann is `ann…2`."""
    return f"{secrets.token_hex(3)[1:]}x"


@pytest.fixture
def room(tag: str) -> str:
    """A public room that nobody else uses."""
    return f"room-{tag}"


@pytest.fixture
def name(tag: str) -> Callable[[str], str]:
    """Makes a person's name that nobody else has."""
    return lambda first: f"{first}-{tag}"


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    """Connects people of the object form; they are gone when the test is over."""
    async with visiting() as visit:
        yield visit


@pytest.fixture
async def visit_plain() -> AsyncIterator[Callable[..., Any]]:
    """Connects pages of the plain form."""
    async with contextlib.AsyncExitStack() as stack:

        async def connect(url: str, name: str | None = None, **how: Any) -> PlainPage:
            page = await stack.enter_async_context(PlainPage(url, **how))
            if name is not None:
                await page.join(name)
            return page

        yield connect


@pytest.fixture
async def undisturbed(
    hubbub: System, visit: Visit, name: Callable[[str], str], room: str
) -> AsyncIterator[None]:
    """Two people who notice nothing of what happens in the test; no process was replaced."""
    calm = f"{room}-calm"
    ann = await visit(hubbub.url, name("calm-ann"), calm)
    bob = await visit(hubbub.url, name("calm-bob"), calm)
    pids = [process.pid for process in hubbub.processes]
    yield
    await ann.say(calm, "undisturbed")
    assert (await bob.hears_text("undisturbed"))["Seq"] == 3
    assert not ann.gone.is_set()
    assert ann.all("link") == []
    assert pids == [process.pid for process in hubbub.processes]
    assert all(process.running for process in hubbub.processes)
