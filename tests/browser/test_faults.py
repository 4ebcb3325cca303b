"""Faults drawn from a seed: what people say at their pages is there once, in their order, and no
page shows a line twice or out of order, for however short a time.

Another seed: HUBBUB_TEST_SEED=7 pytest tests/browser/test_faults.py
"""

import asyncio
import os
import random

import pytest
from playwright.async_api import Error, expect

from tests.browser.conftest import OpenWindow
from tests.browser.window import IN_ORDER, NEVER_TWICE, Window
from tests.support.system import Process, System
from tests.system.client import Payload
from tests.system.people import Person, Visit
from tests.system.proxy import Proxy

SEED = int(os.environ.get("HUBBUB_TEST_SEED", "1"))
FAULTS = int(os.environ.get("HUBBUB_TEST_FAULTS", "12"))
AGAIN_S = 0.1
WITHIN_MS = 40_000
"""A page that has failed some times waits for up to 7 s before it tries again."""


class Talk:
    """People at their pages, who say something whenever something has happened."""

    def __init__(self, system: System, wire: Proxy, people: dict[str, Window]) -> None:
        self.system, self.wire, self.people = system, wire, people
        self.said: dict[str, list[str]] = {name: [] for name in people}

    async def go_on(self) -> None:
        for name, window in self.people.items():
            for _ in range(2):
                text = f"{name} {len(self.said[name])}"
                self.said[name].append(text)
                await window.say(text)

    async def kill(self, process: Process) -> None:
        await asyncio.to_thread(process.kill)
        await self.go_on()
        await asyncio.to_thread(process.start, ready=False)

    async def reload(self, window: Window) -> None:
        while True:
            try:
                await window.page.reload()
                return
            except Error:  # its gateway is not back yet
                await asyncio.sleep(AGAIN_S)

    async def lose_network(self, window: Window) -> None:
        await window.page.context.set_offline(True)
        await self.go_on()
        await window.page.context.set_offline(False)

    async def freeze(self, up: bool) -> None:
        self.wire.freeze(up=up, down=True)
        await self.go_on()
        self.wire.cut()
        self.wire.heal()

    async def suffer(self, rng: random.Random) -> str:
        """One fault, drawn."""
        window = rng.choice([*self.people.values()])
        process = rng.choice(self.system.processes)
        fault = rng.choice(["kill", "kill", "reload", "reload", "network", "freeze", "cut"])
        match fault:
            case "kill":
                await self.kill(process)
                return f"killed {process.name}"
            case "reload":
                await self.reload(window)
            case "network":
                await self.lose_network(window)
            case "freeze":
                await self.freeze(up=rng.random() < 0.5)
            case "cut":
                self.wire.cut()
        return fault


@pytest.fixture
def cut_off() -> bool:
    return True


@pytest.mark.timeout(90 + 10 * FAULTS)
async def test_what_people_say_is_there_once_in_their_order(
    system: System, wire: Proxy, open_window: OpenWindow, visit: Visit, room: str
) -> None:
    script = NEVER_TWICE + IN_ORDER
    people = {
        name: await open_window(url, name, f"#{room}", script=script)
        for name, url in (("ann", wire.url), ("bob", system.urls[1]), ("cy", wire.url))
    }
    talk = Talk(system, wire, people)
    rng = random.Random(SEED)
    for number in range(FAULTS):
        await talk.go_on()
        print(f"seed {SEED}, fault {number}: {await talk.suffer(rng)}")
    for window in people.values():
        await expect(window.page.locator("#status")).to_have_text("Online", timeout=WITHIN_MS)
        await expect(window.page.locator(".waiting")).to_have_count(0, timeout=WITHIN_MS)
    for process in system.processes:
        await asyncio.to_thread(process.wait_ready)
    dan = await visit(system.urls[1], "dan", room)
    events = await archive(dan, room)
    for name, said in talk.said.items():
        assert [
            e["Text"] for e in events if e["User"] == name and e["EvtType"] == "message"
        ] == said
    for window in people.values():
        newest = window.page.locator(f"[data-seq='{events[-1]['Seq']}']")
        await expect(newest).to_have_count(1, timeout=WITHIN_MS)


async def archive(dan: Person, room: str) -> list[Payload]:
    """All events of the room."""
    events: list[Payload] = []
    more = True
    while more:
        page = await dan.history(room, after=events[-1]["Seq"] if events else 0, limit=100)
        events += page["events"]
        more = page["more"]
    return events
