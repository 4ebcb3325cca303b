"""Writing: input methods, touched screens, long drafts, files, clocks, and a page that fails."""

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.window import PHONE
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]
ENTER_OF_SAFARI = """field => field.dispatchEvent(new KeyboardEvent("keydown", {
  key: "Enter", keyCode: 229, isComposing: false, bubbles: true, cancelable: true}))"""
GIVE_FILE = """(field, kind) => {
  const files = new DataTransfer();
  files.items.add(new File(["x"], "x.png", {type: "image/png"}));
  const init = {bubbles: true, cancelable: true, clipboardData: files, dataTransfer: files};
  const event = kind === "paste" ? new ClipboardEvent(kind, init) : new DragEvent(kind, init);
  field.dispatchEvent(event);
  return event.defaultPrevented;
}"""
CLOCK_AHEAD = "const now = Date.now; Date.now = () => now() + (window.ahead ?? 3_600_000);"
READS = """() => {
  const get = Storage.prototype.getItem;
  window.reads = 0;
  Storage.prototype.getItem = function (key) { window.reads += 1; return get.call(this, key); };
}"""


@pytest.fixture
def cut_off() -> bool:
    return True


async def test_by_keyboard(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    field = ann.page.get_by_role("textbox", name="Message")
    await expect(field).to_be_focused()
    await ann.write("にほん")
    await field.evaluate(ENTER_OF_SAFARI)
    await expect(field).to_have_value("にほん")
    for kind in ("paste", "drop"):
        assert await field.evaluate(GIVE_FILE, kind)
        await expect(ann.page.locator("#toast")).to_contain_text("files")
        await ann.page.locator("#toast").evaluate("toast => toast.replaceChildren()")
    long = "x" * 30_000
    await ann.write(long)
    await ann.page.reload()
    await ann.is_online()
    await expect(field).to_have_value(long)
    await ann.write("x" * 1_000_001)
    await expect(ann.page.locator("#length")).to_contain_text("a reload loses it")
    await ann.say("see https://en.wikipedia.org/wiki/Tester_(surname).")
    link = ann.page.locator(".text a")
    await expect(link).to_have_attribute("href", "https://en.wikipedia.org/wiki/Tester_(surname)")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    # No frame reads storage.
    bob = await visit(hubbub.url, name("bob"), room)
    await ann.page.evaluate(READS)
    for number in range(40):
        await bob.tell("chat", {"room": room, "message": f"line {number}"})
    await ann.sees("line 39")
    assert await ann.page.evaluate("window.reads") < 20
    # A page that fails says so.
    await ann.page.evaluate("setTimeout(() => { throw new Error('a template') })")
    await ann.shows_status("Failed")
    assert ann.errors.pop() == "uncaught: a template"
    await ann.page.locator("#failure").get_by_role("button", name="Reload").click()
    await ann.is_online()


async def test_by_touch(hubbub: System, open_window: OpenWindow, room: str, name: Name) -> None:
    ann = await open_window(
        hubbub.url, name("ann"), f"#{room}", viewport=PHONE, has_touch=True, is_mobile=True
    )
    await ann.page.reload()
    await ann.is_online()
    field = ann.page.get_by_role("textbox", name="Message")
    await expect(field).not_to_be_focused()
    await ann.write("one")
    await ann.page.keyboard.press("Enter")
    await ann.page.keyboard.type("two")
    await ann.page.get_by_role("button", name="Send").tap()
    await expect(ann.page.locator(".message .text")).to_have_text("one\ntwo")


async def test_a_clock_that_is_set_delays_nothing(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", script=CLOCK_AHEAD)
    await asyncio.to_thread(hubbub.gateways[0].stop)
    await ann.shows_status("Offline")
    await ann.say("one")
    await ann.page.evaluate("window.ahead = 0")
    await asyncio.to_thread(hubbub.gateways[0].start)
    await ann.is_online()
    await ann.say("two")
    await expect(ann.page.locator("[data-seq] .text")).to_have_text(["one", "two"])
    await expect(ann.page.locator(".waiting")).to_have_count(0)


async def test_a_connection_that_is_back_soon_was_never_gone(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.page.evaluate(
        """() => {
          window.words = [];
          const watch = () => window.words.push(document.querySelector("#status").textContent);
          new MutationObserver(watch).observe(document.querySelector("#status"), {childList: true});
        }"""
    )
    lost = "() => { dispatchEvent(new Event('online')); }"
    await ann.page.context.set_offline(True)
    await ann.page.context.set_offline(False)
    await ann.page.evaluate(lost)
    await ann.say("still here")
    await ann.sees("still here")
    assert await ann.page.evaluate("window.words") == []
