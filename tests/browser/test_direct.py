"""Direct conversations: found by a name in the list, both ways, counted while nobody looks."""

from collections.abc import Callable

from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.support.system import System

Name = Callable[[str], str]


async def test_a_conversation_goes_both_ways(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    cy = await open_window(hubbub.url, name("cy"), f"#{room}")
    await ann.writes_to(name("bob"))
    await ann.say("psst")
    await bob.shows_unread(name("ann"), 1)
    assert await bob.page.title() == f"(1) #{room} · Hubbub"
    await ann.say("are you there?")
    await bob.shows_unread(name("ann"), 2)
    await bob.enters(name("ann"))
    await bob.sees("psst")
    await bob.shows_unread(name("ann"), 0)
    await bob.say("yes")
    await ann.sees("yes")
    assert await ann.seqs() == await bob.seqs() == [1, 2, 3]
    await expect(cy.entry(name("ann"))).to_have_count(0)
    await cy.sees("psst", times=0)


async def test_a_reload_keeps_the_conversation(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    await ann.writes_to(name("bob"))
    await ann.say("one")
    await ann.sees("one")
    await bob.shows_unread(name("ann"), 1)
    await ann.page.reload()
    await ann.is_in(name("bob"))
    await ann.sees("one")
    await bob.enters(name("ann"))
    await bob.say("two")
    await ann.sees("two")
    assert await ann.seqs() == [1, 2]


async def test_who_was_away_finds_what_was_said_unread(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    await ann.writes_to(name("bob"))
    await ann.say("one")
    await bob.enters(name("ann"))
    await bob.sees("one")
    await bob.enters(f"#{room}")
    await bob.page.goto("about:blank")
    await ann.say("two")
    await ann.say("three")
    await ann.sees("three")
    await bob.open(place=f"#{room}")
    await bob.shows_unread(name("ann"), 2)
    await bob.enters(name("ann"))
    await bob.sees("three")
    await bob.shows_unread(name("ann"), 0)


async def test_another_tab_reads_for_both(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    tab = await open_window(hubbub.url, place=f"#{room}", beside=bob)
    await ann.writes_to(name("bob"))
    await ann.say("psst")
    await bob.shows_unread(name("ann"), 1)
    await tab.shows_unread(name("ann"), 1)
    await tab.enters(name("ann"))
    await tab.sees("psst")
    await bob.shows_unread(name("ann"), 0)


async def test_somebody_else_s_conversation_does_not_exist(
    hubbub: System, open_window: OpenWindow, room: str, name: Name
) -> None:
    ann = await open_window(hubbub.url, name("ann"), f"#{room}")
    bob = await open_window(hubbub.url, name("bob"), f"#{room}")
    await ann.writes_to(name("bob"))
    place = ann.page.url.partition("#")[2]
    cy = await open_window(hubbub.url, name("cy"), f"#{room}")
    await cy.page.goto(f"{hubbub.url}#{place}")
    await expect(cy.page.locator("#toast")).to_contain_text("This conversation")
    await cy.is_in(f"#{room}")
    await bob.is_in(f"#{room}")
