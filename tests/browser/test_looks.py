"""How the page looks: fits its window, does not jump, can be read and used by keyboard."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.window import DESKTOP, PHONE, Window
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]
WINDOWS: dict[str, dict[str, Any]] = {
    "desktop-light": {"viewport": DESKTOP, "color_scheme": "light"},
    "desktop-dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone-light": {"viewport": PHONE, "color_scheme": "light", "has_touch": True},
    "phone-dark": {"viewport": PHONE, "color_scheme": "dark", "has_touch": True},
}
TEXT_CHARS = 300
LONG_NAME = "Featherstonehaughfeatherstonehaugh"
SPOKEN = [
    "Good morning! Who has seen yesterday's plan?",
    "It is at https://example.org/plans/2026/november?draft=3#second, below the list.",
    "one\n  two, indented\n\nfour",
    "Donaudampfschifffahrtsgesellschaftskapitän" * 6,
    "👋🏽 שלום, مرحبا, 你好",
]
TOO_WIDE = """() => {
  const inside = document.documentElement.clientWidth;
  const scrolls = element => element.closest('.names') !== null;
  return [...document.querySelectorAll('body *')]
    .filter(element => element.checkVisibility({visibilityProperty: true}) && !scrolls(element))
    .filter(element => element.getBoundingClientRect().right > inside + 0.5)
    .map(element => element.outerHTML.slice(0, 80));
}"""
CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const light = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    const part = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return [0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b), a];
  };
  const ground = element => {
    for (; element; element = element.parentElement) {
      const [lightness, alpha] = light(getComputedStyle(element).backgroundColor);
      if (alpha > 0) return lightness;
    }
    return 1;
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!text || !element.checkVisibility({visibilityProperty: true}) || element.disabled) continue;
    const [a, b] = [light(getComputedStyle(element).color)[0], ground(element)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push([ratio, element.outerHTML.slice(0, 80)]);
  }
  return poor;
}"""


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_TEXT_CHARS": f"{TEXT_CHARS}"}


@pytest.fixture(scope="module")
def gateway_settings() -> dict[str, str]:
    """The page believes that a message may be longer than the broker takes."""
    return {"HUBBUB_TEXT_CHARS": "4000"}


async def place_of(window: Window, *selectors: str) -> list[Any]:
    return [await window.page.locator(selector).bounding_box() for selector in selectors]


@pytest.mark.parametrize("kind", WINDOWS)
async def test_a_talk_fits_and_can_be_read(
    hubbub: System,
    open_window: OpenWindow,
    visit: Visit,
    room: str,
    name: Name,
    kind: str,
    tmp_path: Path,
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", **WINDOWS[kind])
    bob = await visit(hubbub.url, name("bob"), room)
    long = await visit(hubbub.url, LONG_NAME[:33] + name("")[-7:], room)
    for text in SPOKEN:
        await bob.say(room, text)
    await long.say(room, "Thank you.")
    await ann.say("You are welcome.")
    await ann.sees("You are welcome.")
    answer = await bob.direct(user=name("ann"))
    await bob.say(answer["room"], "psst")
    await expect(ann.page.locator(".badge")).to_have_text("1 unread")
    await ann.page.screenshot(path=tmp_path / f"{kind}.png")
    assert await ann.page.evaluate(TOO_WIDE) == []
    assert await ann.page.evaluate(CONTRASTS) == []
    await ann.page.locator("button.count").click()
    await expect(ann.page.locator("button.count")).to_have_attribute("aria-expanded", "true")
    await ann.page.screenshot(path=tmp_path / f"{kind}-people.png")
    if "phone" in kind:
        await ann.page.get_by_role("button", name="Rooms and conversations").click()
        await expect(ann.page.locator("#rooms")).to_be_visible()
        await ann.page.screenshot(path=tmp_path / f"{kind}-rooms.png")
        assert await ann.page.evaluate(CONTRASTS) == []
        await ann.page.keyboard.press("Escape")
        await expect(ann.page.locator("#rooms")).to_be_hidden()
    assert await ann.page.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("kind", WINDOWS)
async def test_what_waits_or_failed_fits_and_can_be_read(
    hubbub: System, open_window: OpenWindow, room: str, name: Name, kind: str, tmp_path: Path
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", **WINDOWS[kind])
    await ann.say("far too long for this house " * 11)
    await expect(ann.page.locator(".waiting .fate")).to_have_text("not sent")
    parts = ("#status", "#title", "#roster", "#timeline", "#composer", ".waiting", ".failed")
    before = await place_of(ann, *parts)
    await asyncio.to_thread(hubbub.broker.stop)
    await ann.shows_status("Waiting")
    assert await place_of(ann, *parts) == before
    await ann.say("for the broker")
    await expect(ann.page.locator(".waiting .fate")).to_have_text(["not sent", "waiting"])
    await ann.page.screenshot(path=tmp_path / f"{kind}-waiting.png")
    assert await ann.page.evaluate(TOO_WIDE) == []
    assert await ann.page.evaluate(CONTRASTS) == []
    await asyncio.to_thread(hubbub.broker.start)
    await ann.sees("for the broker")


@pytest.mark.parametrize("kind", ["desktop-light", "phone-light"])
async def test_nothing_jumps_when_something_happens(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name, kind: str
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", **WINDOWS[kind])
    parts = ("#status", "#title", "#roster", "#timeline", "#composer", ".primary >> nth=0")
    before = await place_of(ann, *parts)
    bob = await visit(hubbub.url, name("bob"), room)
    await ann.sees_names(name("ann"), name("bob"))
    await bob.tell("typing", {"room": room, "typing": True})
    await expect(ann.page.locator("#typing")).to_have_text(f"{name('bob')} is typing…")
    assert await place_of(ann, *parts) == before
    for number in range(60):
        await bob.say(room, f"line {number}")
    await ann.sees("line 59")
    assert await place_of(ann, *parts) == before


async def test_all_is_done_by_keyboard(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    await ann.sees_names(name("ann"), name("bob"))
    await ann.page.locator("button.count").focus()
    await ann.page.keyboard.press("Enter")
    await ann.page.keyboard.press("Tab")
    await expect(ann.page.get_by_role("button", name=name("bob"))).to_be_focused()
    await ann.page.keyboard.press("Enter")
    await ann.is_in(name("bob"))
    await ann.page.keyboard.type("by keyboard")
    await ann.page.keyboard.press("Enter")
    await ann.sees("by keyboard")
    await bob.shows_unread(name("ann"), 1)
