"""Older history: scrolled to, down to the first line, without losing one's place."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.test_rows import talk
from tests.browser.window import Window
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]
SCROLL_TO = "(box, top) => { box.scrollTop = top; }"
FIRST_SEEN = """box => {
  const top = box.getBoundingClientRect().top;
  const row = [...box.querySelectorAll('[data-seq]')]
    .find(row => row.getBoundingClientRect().bottom > top + 1);
  return [+row.dataset.seq, Math.round(row.getBoundingClientRect().top - top)];
}"""
PLACE_OF = """(box, seq) => {
  const row = box.querySelector(`[data-seq='${seq}']`);
  return Math.round(row.getBoundingClientRect().top - box.getBoundingClientRect().top);
}"""
AT_THE_END = "box => box.scrollHeight - box.scrollTop - box.clientHeight < 2"


async def read_back_to(window: Window, seq: int) -> None:
    """Scrolls up until the line with this Seq is on the page."""
    box = window.page.locator("#timeline")
    for _ in range(100):
        first = (await window.seqs())[0]
        if first <= seq:
            return
        await box.evaluate(SCROLL_TO, 0)
        await window.page.wait_for_function(
            "first => +document.querySelector('#timeline [data-seq]').dataset.seq < first",
            arg=first,
        )
    raise AssertionError(f"line {seq} was not reached")


async def test_scrolling_up_reaches_the_first_line(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    await talk(bob, room, 2, 501)
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.sees("line 501")
    assert await ann.page.locator("#timeline").evaluate(AT_THE_END)
    assert (await ann.seqs())[0] > 100, "older lines wait until they are scrolled to"
    await read_back_to(ann, 1)
    assert await ann.seqs() == list(range(1, 503))
    await expect(ann.page.locator(".start")).to_have_text("This is the beginning.")


@pytest.mark.parametrize("top", [0, 500])
async def test_the_line_that_is_read_stays_where_it_is(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name, top: int
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    for number in range(2, 252):
        message = f"line {number}\n" * (number % 3 + 1)
        await bob.tell("chat", {"room": room, "message": message})
    await bob.hears_text("line 251\n" * 3)
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    box = ann.page.locator("#timeline")
    await ann.page.wait_for_selector("[data-seq='252']")
    first = (await ann.seqs())[0]
    seq, place = await box.evaluate(
        # one evaluation: nothing can be drawn between the scrolling and the looking
        f"box => {{ box.scrollTop = {top}; return ({FIRST_SEEN})(box); }}"
    )
    await ann.page.wait_for_function(
        "first => +document.querySelector('#timeline [data-seq]').dataset.seq < first", arg=first
    )
    await bob.say(room, "a new line below")
    await expect(ann.page.locator("#latest")).to_have_text("↓ 1 new")
    assert await box.evaluate(PLACE_OF, seq) == place
    await ann.page.locator("#latest").click()
    await ann.sees("a new line below")
    assert await box.evaluate(AT_THE_END)
    await expect(ann.page.locator("#latest")).to_be_hidden()


async def test_a_very_long_room_is_read_to_the_first_line_and_back(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    await talk(bob, room, 2, 2301)
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.sees("line 2301")
    await read_back_to(ann, 1)
    seqs = await ann.seqs()
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) <= 2000
    await bob.say(room, "said meanwhile")
    await ann.page.locator("#latest").click()
    await ann.sees("said meanwhile")
    assert await ann.page.locator("#timeline").evaluate(AT_THE_END)
    seqs = await ann.seqs()
    assert seqs == list(range(seqs[0], 2304))
