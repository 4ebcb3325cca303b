"""Rooms and conversations: whose they are, how one enters and leaves them, and what waits there."""

import asyncio
from collections.abc import Callable

from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.support.surroundings import run_module
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]


async def test_rooms_belong_to_the_browser(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    field = ann.page.get_by_label("Join or make a room")
    for typed, shown in (("two words", "two-words"), ("b", "b")):
        await field.fill(f"{room} {typed}")
        await field.press("Enter")
        await ann.is_in(f"#{room}-{shown}")
    tab = await open_window(hubbub.url, place=f"#{room}-b", beside=ann)
    await tab.is_in(f"#{room}-b")
    await tab.enters(f"#{room}-two-words")
    await ann.is_in(f"#{room}-b")  # which room a tab shows is its own
    await tab.page.get_by_role("button", name=f"Leave {room}", exact=True).click()
    await expect(ann.entry(f"#{room}")).to_have_count(0)
    await ann.page.goto("about:blank")
    await tab.page.goto("about:blank")
    await ann.open(place=f"#{room}-b")
    await expect(ann.entry(f"#{room}-two-words")).to_be_visible()  # though nobody is there
    await expect(ann.entry(f"#{room}")).to_have_count(0)


async def test_what_was_missed_in_a_room_is_told_after_a_restart(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    seen = await bob.say(room, "seen")
    await ann.sees("seen")
    private = (await bob.direct(user=name("ann")))["room"]
    await bob.say(private, "hello")
    await ann.enters(name("bob"))
    await ann.sees("hello")
    await ann.page.goto("about:blank")
    for text in ("one", "two", "three", "four"):
        await bob.say(room, text)
        await bob.say(private, text)
    broker = hubbub.settings["HUBBUB_BROKER"]
    for where, seq in ((room, seen["seq"] + 1), (private, 2), (private, 4)):
        run_module("scripts.delete", where, f"{seq}", HUBBUB_BROKER=broker)
    await ann.open(place=f"#{room}-else")
    await ann.shows_unread(f"#{room}", 3)
    await ann.shows_unread(name("bob"), 2)  # of four, two were deleted


async def test_a_name_that_no_room_can_have_leaves_one_where_one_is(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}-first")
    await ann.page.evaluate(f"location.hash = '{room}'")
    await ann.is_in(f"#{room}")
    field = ann.page.get_by_label("Join or make a room")
    error = ann.page.locator("#enter-error")
    for typed in ("what?!", "x" * 65, " ", "system", "@secret"):
        await field.fill(typed)
        await field.press("Enter")
        await expect(error).not_to_be_empty()
        await expect(field).to_have_value(typed)
        await ann.is_in(f"#{room}")
    await field.fill(f"{room}-next")
    await expect(error).to_be_hidden()
    await ann.page.evaluate("location.hash = 'system'")
    await expect(ann.page.locator("#toast")).to_contain_text("#system")
    await ann.is_in(f"#{room}")


async def test_who_leaves_a_room_keeps_what_waits_there(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.page.evaluate(f"location.hash = '{room}-b'")
    await ann.is_in(f"#{room}-b")
    await asyncio.to_thread(hubbub.broker.stop)
    await ann.shows_status("Waiting")
    for text in ("one", "two"):
        await ann.say(text)
    leave = ann.page.get_by_role("button", name=f"Leave {room}-b", exact=True)
    await leave.click()
    question = ann.page.locator("#question")
    await expect(question).to_contain_text("2 messages")
    await question.get_by_role("button", name="Stay").click()
    await expect(ann.page.locator(".waiting .text")).to_have_text(["one", "two"])
    await leave.click()
    await question.get_by_role("button", name="Leave").click()
    await ann.is_in(f"#{room}")
    await ann.page.evaluate(f"location.hash = '{room}-b'")
    await expect(ann.page.get_by_role("textbox", name="Message")).to_have_value("one\ntwo")
    await asyncio.to_thread(hubbub.broker.start)
    await ann.is_online()


async def test_a_conversation_is_in_a_list_from_its_first_line_until_it_is_closed(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    private = (await bob.direct(user=name("ann")))["room"]
    await bob.say(room, "now")
    await ann.sees("now")
    await ann.page.reload()
    await ann.sees("now")
    await expect(ann.entry(name("bob"))).to_have_count(0)
    await bob.say(private, "hello")
    await ann.shows_unread(name("bob"), 1)
    await ann.page.get_by_role("button", name=f"Close {name('bob')}").click()
    await expect(ann.entry(name("bob"))).to_have_count(0)
    await ann.page.reload()
    await ann.sees("now")
    await expect(ann.entry(name("bob"))).to_have_count(0)
    # The author of a line is the other way there.
    author = ann.page.locator(".who").get_by_role("button", name=name("bob"))
    await author.click()
    await ann.is_in(name("bob"))
    await ann.enters(f"#{room}")
    await bob.say((await bob.direct(user=name("ann")))["room"], "again")
    await ann.shows_unread(name("bob"), 1)
