"""The message rate limit, with its defaults: 10 a second, 50 at once."""

import asyncio

import pytest

from tests.support.system import System
from tests.system.client import ok, refusal


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_MESSAGE_RATE": "10"}


async def test_a_burst_is_let_through_and_then_the_rate_counts(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)

    def message(number: int) -> dict[str, str]:
        return {"room": room, "message": f"m{number}", "id": f"i{number}"}

    asked = [await ann.begin("chat", message(number)) for number in range(90)]
    answers = await asyncio.gather(*asked)
    assert all(answer["ok"] for answer in answers[:50])
    refused = [answer for answer in answers if not answer["ok"]]
    assert refused
    for answer in refused:
        assert refusal(answer) == "rate_limited"
        assert 0 < answer["error"]["retryAfter"] < 10
    # A message that was stored may be repeated, since it is no new message.
    asked = [await ann.begin("chat", message(number)) for number in range(50)]
    assert [ok(a) for a in await asyncio.gather(*asked)] == answers[:50]
    # Others have a rate of their own.
    await bob.say(room, "mine")
    # After the time in `retryAfter` she may go on.
    answer, tries = await ann.ask("chat", message(1000)), 0
    while not answer["ok"]:
        tries += 1
        assert tries <= 5, "told to wait again and again"
        await asyncio.sleep(answer["error"]["retryAfter"])
        answer = await ann.ask("chat", message(1000))
    await bob.hears_text("m1000")
    said = sum(1 for answer in answers if answer["ok"])
    assert len([e for e in bob.lines(room, "message") if e["User"] == ann.user]) == said + 1


async def test_tabs_share_one_rate(hubbub: System, visit, name, room) -> None:
    tabs = [await visit(hubbub.url, name("ann"), room)]
    tabs.append(await visit(hubbub.url))
    await tabs[1].join(room, token=tabs[0].token)
    asked = [
        await tabs[number % 2].begin("chat", {"room": room, "message": "x"})
        for number in range(120)
    ]
    codes = [answer["ok"] or refusal(answer) for answer in await asyncio.gather(*asked)]
    assert "rate_limited" in codes
    assert codes.count(True) < 100


async def test_renames_count(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    asked = [await ann.begin("join", {"room": room, "user": name(f"n{n}")}) for n in range(90)]
    answers = await asyncio.gather(*asked)
    refused = [answer for answer in answers if not answer["ok"]]
    assert refused
    assert {refusal(answer) for answer in refused} == {"rate_limited"}


async def test_a_socket_has_a_limit_of_rooms(tmp_path, visit, name, room) -> None:
    async with System(tmp_path, HUBBUB_SOCKET_ROOMS="3") as system:
        ann = await visit(system.url, name("ann"), room)
        await ann.join(f"{room}-1")
        await ann.join(f"{room}-2")
        refusal(await ann.ask("join", {"room": f"{room}-3"}))
        await ann.join(f"{room}-1")
        await ann.leave(f"{room}-1")
        await ann.join(f"{room}-3")
