"""A conversation that a person has quit is not in that person's list until something is said there.
From then on the person is sent new events only."""

import pytest

from tests.support.system import System
from tests.system.people import Person, Visit

OLD = ("one", "two", "three")


async def conversation(ann: Person, bob: Person) -> str:
    """A conversation in which something was said, and which Ann has quit."""
    private = str((await ann.direct(uid=bob.uid))["room"])
    for line in OLD:
        await bob.say(private, line)
        await ann.hears_text(line)
    await ann.ask("quit", {"room": private})
    return private


async def listed(person: Person) -> list[str]:
    return [row["room"] for row in (await person.rooms())["rooms"] if row["kind"] == "direct"]


@pytest.mark.parametrize("how", ["they say", "they type and say", "I open it", "I say elsewhere"])
async def test_a_new_socket_is_sent_only_what_is_new(
    hubbub: System, visit: Visit, name, room, how: str
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    private = await conversation(ann, bob)
    assert (await listed(ann), await listed(bob)) == ([], [private])
    tab = await visit(hubbub.url)
    joined = await tab.join(room, token=ann.token)
    assert joined["private"] == {}
    if how == "they type and say":
        await bob.ask("typing", {"room": private, "typing": True})
        await tab.hears(lambda told: told["Room"] == private and told["Users"], of="typing")
        assert await listed(ann) == []
    if how == "I open it":
        assert (await ann.direct(uid=bob.uid))["seq"] == len(OLD)
        assert await listed(tab) == [private]
    if how == "I say elsewhere":
        await ann.say(private, "four")
    else:
        await bob.say(private, "four")
    await tab.hears_text("four")
    await bob.say(private, "five")
    await tab.hears_text("five")
    assert tab.seqs(private) == [4, 5]
    assert [event["Seq"] for event in (await tab.history(private))["events"]] == [1, 2, 3, 4, 5]
    assert (await listed(ann), await listed(bob)) == ([private], [private])
