"""The rows of the timeline: what they cost the browser, and what one of them may do to others."""

from collections.abc import Callable

from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.support.system import System
from tests.system.people import Person, Visit

Name = Callable[[str], str]
FOLLOWED = 300
"""Lines on the page of somebody who follows the newest ones: FOLLOWED_LIMIT of timeline.js."""
NODES = "() => document.querySelector('#timeline').childNodes.length"


async def talk(person: Person, room: str, first: int, last: int) -> None:
    """Says "line N" and returns when all of them are in the log."""
    for number in range(first, last):
        await person.tell("chat", {"room": room, "message": f"line {number}"})
    await person.say(room, f"line {last}")


async def test_the_page_does_not_grow_while_a_room_talks(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await talk(bob, room, 1, FOLLOWED + 20)
    await ann.sees(f"line {FOLLOWED + 20}")
    nodes = await ann.page.evaluate(NODES)
    for last in (420, 520, 720):
        await talk(bob, room, last - 99, last)
        await ann.sees(f"line {last}")
        assert len(await ann.seqs()) == FOLLOWED
        assert await ann.page.evaluate(NODES) == nodes
    await ann.page.evaluate("() => { location.hash = 'quiet' }")
    await ann.is_in("#quiet")
    assert await ann.page.evaluate(NODES) < 50, "no node of the room before is left"


FIRST_SEEN = """() => {
  const box = document.querySelector('#timeline');
  const top = box.getBoundingClientRect().top;
  const rows = [...box.querySelectorAll('[data-seq]')];
  return +rows.find(row => row.getBoundingClientRect().bottom > top + 1).dataset.seq;
}"""
INTO_THE_MIDDLE = """() => {
  const box = document.querySelector('#timeline');
  const rows = [...box.querySelectorAll('[data-seq]')];
  const row = rows[rows.length >> 1];
  box.scrollTop = row.offsetTop + row.offsetHeight / 3;
}"""
"""A third of the first line is out of sight: no rounded pixel decides which line is first."""


async def test_the_line_at_the_top_stays_there_when_the_width_changes(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    for number in range(80):
        text = f"line {number} " + "with many words " * (number % 7 * 4)
        await bob.tell("chat", {"room": room, "message": text})
    await bob.say(room, "the last one")
    view = {"viewport": {"width": 1100, "height": 700}}
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", **view)
    await ann.sees("the last one")
    await ann.page.evaluate(INTO_THE_MIDDLE)
    await expect(ann.page.locator("#latest")).to_be_visible()
    seq = await ann.page.evaluate(FIRST_SEEN)
    for width, height in ((420, 700), (420, 400), (700, 420), (1100, 700)):
        await ann.page.set_viewport_size({"width": width, "height": height})
        await ann.page.wait_for_function(f"() => ({FIRST_SEEN})() === {seq}")
    await ann.page.locator("#latest").focus()
    await ann.page.keyboard.press("Enter")
    await expect(ann.page.locator("#latest")).to_be_hidden()
    assert await ann.page.evaluate("document.activeElement !== document.body")


async def test_a_long_message_is_folded_until_somebody_asks_for_all_of_it(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await bob.say(room, "before")
    for text in ("x" + "\n" * 1899 + "end", "wide " * 790):
        await bob.say(room, text)
    row = ann.page.locator(".message").last
    tall = ann.page.locator(".message", has_text="end")
    for each in (tall, row):
        box = await each.bounding_box()
        assert box is not None
        assert box["height"] < 600
    await ann.page.get_by_role("button", name="Show all 1,900 lines").focus()
    top = await ann.page.evaluate("document.querySelector('#timeline').scrollTop")
    await ann.page.keyboard.press("Enter")
    await expect(tall.get_by_role("button")).to_be_hidden()
    box = await tall.bounding_box()
    assert box is not None
    assert box["height"] > 30_000
    assert await ann.page.evaluate("document.activeElement !== document.body")
    await bob.say(room, "later")
    await expect(ann.page.locator("#latest")).to_be_visible()
    now = await ann.page.evaluate("document.querySelector('#timeline').scrollTop")
    assert now == top, "the reader reads on where the message was opened"


async def test_marks_that_are_stacked_high_paint_over_nobody_else(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await bob.say(room, "a plain line")
    plain = ann.page.locator(".message", has_text="a plain line")
    before = await plain.screenshot()
    for _ in range(2):
        await bob.say(room, "x" + "\u0301\u0316" * 66 + "end")
    await expect(ann.page.locator(".message", has_text="end")).to_have_count(2)
    assert await plain.screenshot() == before
