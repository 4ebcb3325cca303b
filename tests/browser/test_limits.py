"""Limits: too fast, and a crowd."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.support.system import System
from tests.system.people import Visit

Name = Callable[[str], str]


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {
        "HUBBUB_MESSAGE_RATE": "2",
        "HUBBUB_MESSAGE_BURST": "2",
        "HUBBUB_TEXT_CHARS": "20",
        "HUBBUB_CROWD": "5",
    }


@pytest.fixture(scope="module")
def gateway_settings() -> dict[str, str]:
    """The page believes that a message may be longer than the broker takes."""
    return {"HUBBUB_TEXT_CHARS": "4000"}


async def test_the_page_knows_how_long_a_message_may_be(
    tmp_path: Path, open_window: OpenWindow, room: str, name: Name
) -> None:
    async with System(tmp_path, HUBBUB_TEXT_CHARS="20") as system:
        ann = await open_window(system.url, name("ann"), f"#{room}")
        length = ann.page.locator("#length")
        for count, told in ((0, ""), (15, ""), (16, "4 left"), (21, "1 character too many")):
            await ann.write("x" * count)
            await expect(length).to_have_text(told)
        await expect(ann.page.get_by_role("button", name="Send")).to_be_disabled()
        await ann.say("x" * 20)
        await ann.sees("x" * 20)
        await ann.page.close()  # before its gateway goes


async def test_who_is_too_fast_is_sent_a_little_later_in_order(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    texts = [f"fast {number}" for number in range(6)]
    for text in texts:
        await ann.say(text)
    await expect(ann.page.locator(".message .text")).to_have_text(texts)
    await expect(ann.page.locator(".waiting")).to_have_count(0, timeout=10_000)
    await expect(ann.page.locator("[data-seq] .text")).to_have_text(texts)


async def test_a_crowd_is_counted(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    people = [await visit(hubbub.url, name(f"p{number}"), room) for number in range(9)]
    count = ann.page.locator("button.count")
    await expect(count).to_have_text("10 here")
    await people[0].leave(room)
    await people[1].say(room, "so many people")
    await ann.sees("so many people")
    await expect(count).to_have_text("9 here")
    await asyncio.gather(*(person.leave(room) for person in people[1:]))
    await expect(count).to_have_text("1 here", timeout=15_000)


async def test_in_a_larger_room_names_are_searched_for(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    for number in range(100, 131):
        await visit(hubbub.url, name(f"p{number}"), room)
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.page.locator("button.count").click()
    field = ann.page.get_by_label("Find a name")
    await field.fill("P12")
    await ann.sees_names(*(name(f"p{number}") for number in range(120, 130)))
    await field.fill("zz")
    await expect(ann.page.locator("#names")).to_contain_text("Nobody here")
    await field.fill("p130")
    await ann.writes_to(name("p130"))


async def test_what_is_refused_can_be_tried_again_or_discarded(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    await ann.say("far too long for this house, as its settings are")
    failed = ann.page.locator(".waiting")
    await expect(failed.locator(".fate")).to_have_text("not sent")
    await ann.say("short")
    await ann.sees("short")
    await failed.get_by_role("button", name="Try again").click()
    await expect(failed.locator(".fate")).to_have_text("not sent")
    await ann.page.reload()
    await ann.sees("short")
    await expect(failed.locator(".fate")).to_have_text("not sent")
    await expect(failed.locator(".why")).to_contain_text("20 characters")
    await failed.get_by_role("button", name="Discard").click()
    await expect(failed).to_have_count(0)
    assert await ann.seqs() == [1, 2]
    await ann.page.reload()
    await ann.sees("short")
    await expect(failed).to_have_count(0)


async def test_a_long_list_of_rooms_is_read_to_its_end(
    hubbub: System, open_window: OpenWindow, visit: Visit, room: str, name: Name
) -> None:
    for first in (1000, 1080):
        bob = await visit(hubbub.url, name(f"bob{first}"))
        for number in range(first, first + 80):
            await bob.join(f"{room}-{number}", user=bob.user or name(f"bob{first}"))
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    listed = ann.page.locator("#rooms a").filter(has_text=f"#{room}-1")
    more = ann.page.get_by_role("button", name="More rooms")
    await more.click()
    await expect(listed).to_have_count(160)
    await expect(more).to_have_count(0)
    await listed.last.click()
    await ann.is_in(f"#{room}-1159")
