"""A window: one page of ours in a real browser, and what its reader sees and does."""

import re
from collections.abc import Sequence
from typing import Any

from playwright.async_api import BrowserContext, Page, expect

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
WITHIN_MS = 15_000
"""How long something may take that should come at once, on a busy machine."""
expect.set_options(timeout=WITHIN_MS)
EXPECTED_WHEN_CUT_OFF = ("WebSocket connection to", "Failed to load resource", "net::ERR_")

NEVER_TWICE = """new MutationObserver(() => {
  const texts = [...document.querySelectorAll(".message .text")].map((text) => text.textContent);
  if (new Set(texts).size < texts.length) console.error("twice:", texts.join(" | "));
}).observe(document, {childList: true, subtree: true});"""
"""A script for a page in which no text is said twice: a message that is shown twice, for however
short a time, is a complaint."""
IN_ORDER = """new MutationObserver(() => {
  const lines = document.querySelectorAll("#timeline [data-seq]:not(.announcement)");
  const seqs = [...lines].map((line) => +line.dataset.seq);
  const breaks = seqs.some((seq, at) => at && seq !== seqs[at - 1] + 1);
  if (breaks) console.error("order:", seqs.join(" "));
}).observe(document, {childList: true, subtree: true});"""
"""A script for any page without edits: a hole or a wrong order is a complaint."""


class Window:
    """`errors` has all that the browser complained about."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        page.set_default_timeout(WITHIN_MS)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("dialog", self._asked)

    async def _asked(self, dialog: Any) -> None:
        self.errors.append(f"a dialog: {dialog.message}")
        await dialog.dismiss()

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    async def open(self, name: str | None = None, place: str = "") -> None:
        """Opens the page at `#place`; gives `name` if it asks for one."""
        await self.page.goto(self.url + place)
        if name is not None:
            await self.page.get_by_label("People in the room will see it.").fill(name)
            await self.page.keyboard.press("Enter")
        await self.is_online()

    async def is_online(self) -> None:
        await self.shows_status("Online")

    async def shows_status(self, word: str) -> None:
        await expect(self.page.locator("#status")).to_have_text(word, timeout=WITHIN_MS)

    async def write(self, text: str) -> None:
        await self.page.get_by_role("textbox", name="Message").fill(text)

    async def say(self, text: str) -> None:
        await self.write(text)
        if await self.page.evaluate("matchMedia('(pointer: fine)').matches"):
            await self.page.keyboard.press("Enter")
        else:
            await self.page.get_by_role("button", name="Send").tap()

    async def sees(self, text: str, times: int = 1) -> None:
        """A message with exactly this text, so many times."""
        lines = self.page.locator("[data-seq] .text").get_by_text(text, exact=True)
        await expect(lines).to_have_count(times, timeout=WITHIN_MS)

    async def sees_note(self, text: str) -> None:
        """A line of coming and going."""
        notes = self.page.locator(".note span").filter(has_text=text)
        await expect(notes.first).to_be_visible(timeout=WITHIN_MS)

    async def sees_names(self, *names: str) -> None:
        """Exactly these participants, in this order; one's own without "(you)"."""
        shown = self.page.locator("#names .name")
        await expect(shown).to_have_text([_as_shown(name) for name in names], timeout=WITHIN_MS)

    async def is_in(self, title: str) -> None:
        await expect(self.page.locator("h1")).to_have_text(title, timeout=WITHIN_MS)

    async def enters(self, title: str) -> None:
        """By its entry in the list of rooms and conversations."""
        await self.entry(title).click()
        await self.is_in(title)

    async def writes_to(self, user: str) -> None:
        """Opens a conversation from the list of participants."""
        await self.page.locator("#names").get_by_role("button", name=user, exact=True).click()
        await self.is_in(user)

    def entry(self, title: str) -> Any:
        return self.page.locator("#rooms a").filter(has=self.page.get_by_text(title, exact=True))

    async def shows_unread(self, title: str, count: int) -> None:
        badge = self.entry(title).locator(".badge")
        if count:
            await expect(badge).to_have_text(f"{count} unread", timeout=WITHIN_MS)
        else:
            await expect(badge).to_have_count(0, timeout=WITHIN_MS)

    async def seqs(self) -> list[int]:
        """The Seqs of the lines on the page, from top to bottom."""
        seqs: list[int] = await self.page.eval_on_selector_all(
            "#timeline [data-seq]:not(.announcement)", "rows => rows.map(row => +row.dataset.seq)"
        )
        return seqs

    def complaints(self, cut_off: bool) -> list[str]:
        """Errors; those that a lost connection causes only if there was none."""
        expected: Sequence[str] = EXPECTED_WHEN_CUT_OFF if cut_off else ()
        return [e for e in self.errors if not any(part in e for part in expected)]


async def new_window(context: BrowserContext, url: str) -> Window:
    return Window(await context.new_page(), url)


def _as_shown(name: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(name)}(\s*\(you\))?\s*$")
