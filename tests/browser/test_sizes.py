"""The page at sizes of all kinds: text twice as large, a very small window, paper."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import OpenWindow
from tests.browser.test_looks import TOO_WIDE
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]
CUT = """() => ['h1', 'header button', '#composer textarea', '#composer button', '#roster .count']
  .flatMap(each => [...document.querySelectorAll(each)])
  .filter(element => element.checkVisibility({visibilityProperty: true}))
  .filter(element => {
    const own = element.getBoundingClientRect();
    const around = element.closest('header, #composer, #roster').getBoundingClientRect();
    const needs = parseFloat(getComputedStyle(element).fontSize);
    return own.height < needs || own.bottom > around.bottom + 1 || own.top < around.top - 1;
  }).map(element => element.outerHTML.slice(0, 80))"""
"""What is less high than its text, or sticks out of its bar."""
OVERLAP = """() => {
  const place = name => document.querySelector(name).getBoundingClientRect();
  const [title, roster, log] = [place('header'), place('#roster'), place('#timeline')];
  const [typing, composer] = [place('#typing'), place('#composer')];
  return [roster.height > 0 && title.bottom > roster.top + 1, log.bottom > typing.top + 1,
    typing.bottom > composer.top + 1, composer.bottom > innerHeight + 1];
}"""


@pytest.mark.parametrize(
    ("width", "height", "root", "least"),
    [(1280, 800, "30px", 300), (390, 844, "30px", 250), (320, 256, "", 100), (320, 200, "", 60)],
)
async def test_nothing_is_cut_and_the_log_is_to_be_seen(
    hubbub: System,
    open_window: OpenWindow,
    room: str,
    name: Name,
    width: int,
    height: int,
    root: str,
    least: int,
) -> None:
    view: dict[str, Any] = {"viewport": {"width": width, "height": height}}
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", **view)
    await ann.page.evaluate("size => { document.documentElement.style.fontSize = size }", root)
    assert await ann.page.evaluate(TOO_WIDE) == []
    assert await ann.page.evaluate(CUT) == []
    assert await ann.page.evaluate(OVERLAP) == [False] * 4
    assert await ann.page.evaluate("document.querySelector('#timeline').clientHeight") >= least


async def test_paper_gets_every_line_and_nothing_to_press(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    for number in range(150):
        await bob.tell("chat", {"room": room, "message": f"line {number}"})
    await bob.say(room, "the last one")
    ann = await open_window(hubbub.url, name("ann"), f"#{room}", color_scheme="dark")
    await ann.sees("the last one")
    await ann.page.evaluate("document.querySelector('#timeline').scrollTop = 0")
    await ann.sees("line 0")
    await ann.page.emulate_media(media="print")
    for gone in ("#rooms", "#roster", "#composer", "#me", "#status"):
        assert not await ann.page.locator(gone).is_visible(), gone
    ground = await ann.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    pages = len(re.findall(rb"/Type\s*/Page\b", await ann.page.pdf()))
    assert 3 <= pages <= 6
