"""A disk that takes nothing: `unavailable`, never acked; what can be read is served; and when the
disk is back, so is the broker."""

import asyncio
import resource
from pathlib import Path

import pytest

from scripts.soak.visitors import loading
from tests.support.system import Process, System
from tests.system.client import eventually, ok, refusal
from tests.system.people import Person

FULL_BYTES = 16 << 10
"""No file of the broker may grow beyond this size. Its log stays smaller, its store does not."""


def fill(broker: Process) -> None:
    _, hard = resource.prlimit(broker.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(broker.pid, resource.RLIMIT_FSIZE, (FULL_BYTES, hard))


def empty(broker: Process) -> None:
    _, hard = resource.prlimit(broker.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(broker.pid, resource.RLIMIT_FSIZE, (hard, hard))


async def is_acked(person: Person, message: dict[str, str]) -> dict[str, object]:
    """Says a message again and again, with the same id, until it is acked."""

    async def said() -> dict[str, object]:
        answer = await person.ask("chat", message, within=20)
        if answer["ok"]:
            return dict(answer)
        assert refusal(answer) == "unavailable"
        return {}

    return dict(await eventually(said, "the disk is back", within=20))


async def test_a_broker_says_that_its_disk_is_full_and_goes_on_later(
    tmp_path: Path, visit, name, room
) -> None:
    async with System(tmp_path) as system:
        ann = await visit(system.url, name("ann"), room)
        bob = await visit(system.url, name("bob"), room)
        await ann.say(room, "before")
        fill(system.broker)
        lost = {"room": room, "message": "no room for this", "id": "lost"}
        assert refusal(await ann.ask("chat", lost, within=20)) == "unavailable"
        await asyncio.to_thread(system.broker.wait_ready, 503)
        # The broker goes on serving what it can.
        events = (await bob.history(room))["events"]
        assert [e["Text"] for e in events if e["EvtType"] == "message"] == ["before"]
        assert refusal(await ann.ask("chat", lost, within=20)) == "unavailable"
        assert "no room for this" not in str(bob.heard)
        newcomer = await visit(system.url)
        answer = await newcomer.ask("join", {"room": room, "user": name("new")}, within=20)
        assert refusal(answer) == "unavailable"
        empty(system.broker)
        await asyncio.to_thread(system.broker.wait_ready)
        first = await is_acked(ann, lost)
        assert await is_acked(ann, lost) == first
        await bob.hears_text("no room for this")
        assert bob.seqs(room) == list(range(1, int(str(first["seq"])) + 1))
        assert bob.lines(room, "leave") == []
        ok(await newcomer.ask("join", {"room": room, "user": name("new")}, within=20))


@pytest.mark.timeout(120)
async def test_under_load_nothing_acked_is_lost_on_a_disk_that_fills(tmp_path: Path) -> None:
    async with System(tmp_path) as system, loading(system.urls, "disk", rooms=1) as load:
        for _ in range(2):
            await load.until_acked(100, 30)
            fill(system.broker)
            await asyncio.to_thread(system.broker.wait_ready, 503)
            empty(system.broker)
            await asyncio.to_thread(system.broker.wait_ready)
        await load.until_acked(100, 30)
        verdict = await load.finish(30)
        print(verdict)
        assert verdict.problems == []
        assert "Traceback" not in system.broker.log
