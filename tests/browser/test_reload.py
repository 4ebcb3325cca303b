"""What waits to be sent survives a reload: it is sent once, in order, by the tab that has it."""

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import Error, expect

from tests.browser.conftest import OpenWindow
from tests.browser.window import NEVER_TWICE
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]
KEEPS_NOTHING = """for (const kind of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, kind, {get() { throw new DOMException("", "SecurityError"); }});
}"""
KEEPS_NO_MORE = """Storage.prototype.setItem = () => {
  throw new DOMException("", "QuotaExceededError");
};"""
FILL = """() => {
  for (let size = 1 << 23; size >= 1; size >>= 1) {
    try { sessionStorage.setItem(`other ${size}`, "x".repeat(size)); } catch {}
  }
}"""


@pytest.fixture
def cut_off() -> bool:
    return True


async def said(visit: Visit, system: System, room: str, name: str) -> list[str]:
    """All messages of the room, as somebody else finds them."""
    somebody = await visit(system.url, name, room)
    events = (await somebody.history(room))["events"]
    return [event["Text"] for event in events if event["EvtType"] == "message"]


async def test_while_the_broker_is_away(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", script=NEVER_TWICE)
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    await ann.writes_to(name("bob"))
    private = ann.page.url.partition("#")[2]
    await ann.say("hello")
    await ann.sees("hello")
    await ann.enters(f"#{room}")
    await asyncio.to_thread(hubbub.broker.stop)
    await ann.shows_status("Waiting")
    texts = [f"line {number}" for number in range(4)]
    for text in texts[:3]:
        await ann.say(text)
    await ann.page.goto(f"{hubbub.url}#{private}")
    await expect(ann.page.locator("h1")).to_have_text(name("bob"))
    await ann.say("in private")
    await ann.page.reload()
    await expect(ann.page.locator(".waiting .text")).to_have_text(["in private"])
    await ann.page.go_back()
    await expect(ann.page.locator(".waiting .text")).to_have_text(texts[:3])
    await ann.page.reload()
    await expect(ann.page.locator(".waiting .text")).to_have_text(texts[:3])
    await ann.shows_status("Waiting")
    await ann.say(texts[3])
    await asyncio.to_thread(hubbub.broker.start)
    await ann.is_online()
    await expect(ann.page.locator("[data-seq] .text")).to_have_text(texts)
    await expect(ann.page.locator(".waiting")).to_have_count(0)
    assert await said(visit, hubbub, room, name("cy")) == texts
    await bob.enters(name("ann"))
    await expect(bob.page.locator("[data-seq] .text")).to_have_text(["hello", "in private"])
    await ann.page.reload()
    await ann.sees(texts[3])
    await expect(ann.page.locator(".message .text")).to_have_text(texts)


async def test_while_the_gateway_is_away(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    gateway = hubbub.gateways[0]
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", script=NEVER_TWICE)
    await asyncio.to_thread(gateway.stop)
    await ann.shows_status("Offline")
    await ann.say("one")
    await ann.say("two")
    with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
        await ann.page.reload()
    await asyncio.to_thread(gateway.start)
    await ann.page.reload()
    await expect(ann.page.locator(".message .text")).to_have_text(["one", "two"])
    await expect(ann.page.locator("[data-seq] .text")).to_have_text(["one", "two"])
    await expect(ann.page.locator(".waiting")).to_have_count(0)
    assert await said(visit, hubbub, room, name("cy")) == ["one", "two"]


async def test_no_tab_sends_or_shows_another_s(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", script=NEVER_TWICE)
    tab = await open_window(hubbub.url, place=f"#{room}", beside=ann, script=NEVER_TWICE)
    await asyncio.to_thread(hubbub.broker.stop)
    await ann.shows_status("Waiting")
    await ann.say("from the first")
    await tab.say("from the second")
    for window, text in ((ann, "from the first"), (tab, "from the second")):
        await window.page.reload()
        await expect(window.page.locator(".waiting .text")).to_have_text([text])
    await asyncio.to_thread(hubbub.broker.start)
    both = {"from the first", "from the second"}
    for window in (ann, tab):
        await expect(window.page.locator("[data-seq] .text")).to_have_count(2, timeout=20_000)
        await expect(window.page.locator(".waiting")).to_have_count(0)
        assert {*await window.page.locator(".text").all_inner_texts()} == both
    found = await said(visit, hubbub, room, name("cy"))
    assert len(found) == 2
    assert {*found} == both


async def test_a_tab_that_was_copied_says_it_once(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", script=NEVER_TWICE)
    await asyncio.to_thread(hubbub.broker.stop)
    await ann.shows_status("Waiting")
    await ann.say("one")
    async with ann.page.expect_popup() as opened:  # it gets a copy of the session's storage
        await ann.page.evaluate("window.open(location.href) && null")
    copy = await opened.value
    await expect(copy.locator(".waiting .text")).to_have_text(["one"])
    await asyncio.to_thread(hubbub.broker.start)
    for page in (ann.page, copy):
        await expect(page.locator("[data-seq] .text")).to_have_text(["one"], timeout=20_000)
        await expect(page.locator(".waiting")).to_have_count(0)
    assert await said(visit, hubbub, room, name("cy")) == ["one"]


@pytest.mark.parametrize("script", [KEEPS_NOTHING, KEEPS_NO_MORE], ids=["nothing", "no more"])
async def test_where_nothing_is_kept_the_page_works(
    hubbub: System, open_window: OpenWindow, room: str, name: Name, script: str
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", script=script)
    await ann.say("for now")
    await ann.sees("for now")
    await asyncio.to_thread(hubbub.broker.restart)
    await ann.say("and later")
    await ann.sees("and later")
    await ann.page.reload()
    await ann.page.get_by_label("People in the room will see it.").fill(name("new"))
    await ann.page.keyboard.press("Enter")
    await ann.sees("and later")


async def test_what_is_being_written_in_each_room(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    field = ann.page.get_by_role("textbox", name="Message")
    await ann.write("half a thou")
    await ann.page.goto(f"{hubbub.url}#{room}-2")
    await ann.is_in(f"#{room}-2")
    await expect(field).to_have_value("")
    await ann.say("said")
    await ann.write("an other")
    await ann.page.reload()
    await ann.sees("said")
    await expect(field).to_have_value("an other")
    await ann.enters(f"#{room}")
    await expect(field).to_have_value("half a thou")
    await ann.say("a whole thought")
    await ann.sees("a whole thought")
    await ann.page.reload()
    await ann.sees("a whole thought")
    await expect(field).to_have_value("")
    assert await said(visit, hubbub, room, name("bob")) == ["a whole thought"]


async def test_a_full_storage_breaks_nothing(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", script=NEVER_TWICE)
    await ann.page.evaluate(FILL)
    await asyncio.to_thread(hubbub.broker.stop)
    await ann.shows_status("Waiting")
    await ann.say("x" * 4000)
    await asyncio.to_thread(hubbub.broker.start)
    await ann.sees("x" * 4000)
