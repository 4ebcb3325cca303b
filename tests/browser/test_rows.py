"""The rows of the timeline: what they cost the browser, and what one of them may do to others."""

from collections.abc import Callable

from tests.browser.conftest import OpenWindow
from tests.system.harness import House
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
    hubbub: House, open_window: OpenWindow, visit: Visit, room: str, name: Name
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
