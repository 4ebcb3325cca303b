"""A page that has lost its gateway goes on at the next one: nothing is lost, nothing is twice."""

import asyncio
import signal
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.test_recovery import NO_WEBSOCKETS
from tests.browser.window import NEVER_TWICE, Window
from tests.support.system import System
from tests.system.people import Visit
from tests.system.proxy import Proxy

Name = Callable[[str], str]
SLEEPY = """let slept_ms = 0;
const now = Date.now;
Date.now = () => now() + slept_ms;
addEventListener("sleep", () => { slept_ms += 3600_000; });"""
"""As in a suspended computer: the clock has gone on, the timers have not."""


@pytest.fixture
def cut_off() -> bool:
    return True


async def texts_of(window: Window) -> list[str]:
    return await window.page.locator(".message .text").all_inner_texts()


@pytest.mark.parametrize("script", [NEVER_TWICE, NO_WEBSOCKETS], ids=["websocket", "polling"])
async def test_a_page_goes_on_at_the_other_gateway(
    system: System,
    wire: Proxy,
    open_window: OpenWindow,
    visit: Visit,
    room: str,
    name: Name,
    script: str,
) -> None:
    ours, theirs = system.gateways
    bob = await visit(theirs.url, name("bob"), room)
    ann = await open_window(wire.url, name("ann"), f"#{room}", script=script)
    await ann.say("before")
    await ann.sees("before")
    ours.pause()
    await ann.say("into the dark")
    await ann.say("and after it")
    await expect(ann.page.locator(".waiting .fate")).to_have_text(["sending…", "sending…"])
    ours.signal(signal.SIGKILL)
    await expect(ann.page.locator(".waiting")).to_have_count(0)
    await bob.say(room, "welcome back")
    await ann.sees("welcome back")
    assert await texts_of(ann) == ["before", "into the dark", "and after it", "welcome back"]
    assert await ann.seqs() == [1, 2, 3, 4, 5, 6], "nobody left, nobody joined, nothing is twice"
    await ann.sees_names(name("ann"), name("bob"))


async def test_there_and_back_again(
    system: System, wire: Proxy, open_window: OpenWindow, room: str, name: Name
) -> None:
    ours, theirs = system.gateways
    ann = await open_window(wire.url, name("ann"), f"#{room}", script=NEVER_TWICE)
    for number, (lost, other) in enumerate([(ours, theirs), (theirs, ours)]):
        await ann.say(f"line {number}")
        await ann.sees(f"line {number}")
        await asyncio.to_thread(lost.stop)
        await ann.say(f"said to nobody, {number}")
        await ann.sees(f"said to nobody, {number}")
        await ann.is_online()
        assert other.running
        await asyncio.to_thread(lost.start)
    assert await ann.seqs() == [1, 2, 3, 4, 5]


async def test_what_was_accepted_without_an_answer_is_there_once(
    system: System, wire: Proxy, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(system.urls[1], name("bob"), room)
    ann = await open_window(wire.url, name("ann"), f"#{room}", script=NEVER_TWICE)
    wire.freeze(down=True)
    await ann.say("did you hear?")
    await bob.hears_text("did you hear?")
    await bob.say(room, "I did")
    await expect(ann.page.locator(".waiting .fate")).to_have_text("sending…")
    system.gateways[0].signal(signal.SIGKILL)
    wire.cut()
    await ann.sees("I did")
    assert await texts_of(ann) == ["did you hear?", "I did"]
    await expect(ann.page.locator(".waiting")).to_have_count(0)
    assert [e["Text"] for e in (await bob.history(room))["events"]][-2:] == await texts_of(ann)


async def test_a_computer_that_slept_notices_at_once_that_its_connection_is_dead(
    system: System, wire: Proxy, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(system.urls[1], name("bob"), room)
    ann = await open_window(wire.url, name("ann"), f"#{room}", script=SLEEPY)
    wire.freeze(up=True, down=True)
    for number in range(60):
        await bob.tell("chat", {"room": room, "message": f"missed {number}"})
    await bob.hears_text("missed 59")
    await ann.page.evaluate("dispatchEvent(new Event('sleep'))")
    await ann.sees("missed 59")  # pings would tell after 45 s
    assert await ann.seqs() == list(range(1, 63))
