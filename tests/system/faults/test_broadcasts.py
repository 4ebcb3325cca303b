"""Broadcasts that are dropped, repeated, late or silenced between real processes: every listener
sees the archive, in order, no hole, no repeat."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts.processes import free_port
from scripts.soak.visitors import loading
from tests.support.system import Process, System
from tests.system.airwaves import Airwaves
from tests.system.client import eventually

ACKS = 600


def port_of(endpoint: str) -> int:
    return int(endpoint.rpartition(":")[2])


@asynccontextmanager
async def on_air(
    folder: Path, seed: int = 0, gateways: int = 2, jammed: str = "", **settings: Any
) -> AsyncIterator[tuple[System, Airwaves]]:
    port = free_port()
    settings["HUBBUB_EVENTS_ADVERTISE"] = f"tcp://127.0.0.1:{port}"
    system = System(folder, gateways=gateways, **settings)
    with Airwaves(port, port_of(system.settings["HUBBUB_EVENTS_BIND"]), seed) as airwaves:
        airwaves.jammed = lambda _, kind: kind == jammed
        async with system:
            yield system, airwaves


async def figure(gateway: Process, name: str) -> int:
    _, text = await asyncio.to_thread(gateway.get, "/metrics")
    found = re.search(rf"^hubbub_gateway_{name}(?:_total)? (\S+)$", text, re.MULTILINE)
    assert found, text
    return int(float(found[1]))


@pytest.mark.parametrize("seed", [1])
async def test_a_bad_wire_costs_nobody_a_line(tmp_path: Path, seed: int) -> None:
    async with on_air(tmp_path, seed) as (system, airwaves):
        airwaves.drop, airwaves.repeat, airwaves.late = 0.2, 0.2, 0.2
        async with loading(system.urls, f"wire{seed}") as load:
            await load.until_acked(ACKS, 40)
            verdict = await load.finish(40)
        print(f"seed {seed}: {verdict} {dict(airwaves.counts)}")
        assert verdict.problems == []
        for what in ("dropped", "repeated", "late"):
            assert airwaves.counts[f"{what} Happened"] > 0
        for gateway in system.gateways:
            assert await figure(gateway, "holes_found") > 0
            assert await figure(gateway, "resets") == 0


async def test_a_hole_at_the_very_end_is_seen_by_the_beacon(
    tmp_path: Path, visit, name, room
) -> None:
    async with on_air(tmp_path, gateways=1) as (system, airwaves):
        ann, bob = [await visit(system.url, name(n), room) for n in ("ann", "bob")]
        await bob.hears(lambda e: e["User"] == name("bob"))
        airwaves.jammed = lambda topic, _: topic.startswith("events/")
        asked = await figure(system.gateways[0], "holes_found")
        for number in range(5):
            await ann.say(room, f"unheard {number}")
        await bob.hears_text("unheard 4")
        assert bob.seqs(room) == list(range(1, 8))
        # A page is requested once for a hole, not for each event. A beacon may come among the five.
        assert await figure(system.gateways[0], "holes_found") <= asked + 3


async def test_marks_that_are_lost_are_asked_for_again(tmp_path: Path) -> None:
    """So is the mark of the gateway's own topic, while beacons come."""
    async with on_air(tmp_path, gateways=1) as (system, airwaves):
        airwaves.jammed = lambda _, kind: kind == "Marked" and airwaves.counts["dropped Marked"] < 4
        await asyncio.to_thread(system.gateways[0].restart)
        assert airwaves.counts["dropped Marked"] == 4
        assert airwaves.counts["dropped Beacon"] == 0


async def test_a_hole_is_seen_after_missed_beacons(tmp_path: Path, visit, name, room) -> None:
    """No broadcast comes through for longer than beacons repeat a change. Then all come through,
    and the gateway sees that it has missed beacons from the first one on."""
    async with on_air(tmp_path, gateways=1, jammed="Beacon") as (system, airwaves):
        ann, bob = [await visit(system.url, name(n), room) for n in ("ann", "bob")]
        await bob.hears(lambda e: e["User"] == name("bob"))
        airwaves.jammed = lambda *_: True
        await ann.say(room, "unheard")
        missed = airwaves.counts["dropped Beacon"]

        async def more_than_they_remember() -> bool:
            return airwaves.counts["dropped Beacon"] >= missed + 5

        await eventually(more_than_they_remember, "beacons", within=15)
        assert "unheard" not in str(bob.heard)
        airwaves.clear()
        await bob.hears_text("unheard")
        assert bob.seqs(room) == [1, 2, 3]


async def test_too_far_behind_a_gateway_takes_the_room_up_afresh(
    tmp_path: Path, visit, name, room
) -> None:
    async with on_air(tmp_path, gateways=1, HUBBUB_RECOVERY_EVENTS="20") as (system, airwaves):
        ann, bob = [await visit(system.url, name(n), room) for n in ("ann", "bob")]
        await bob.hears(lambda e: e["User"] == name("bob"))
        airwaves.jammed = lambda *_: True
        asked = [await ann.begin("chat", {"room": room, "message": f"{n}"}) for n in range(80)]
        for answer in asked:
            await answer
        airwaves.clear()
        await ann.say(room, "after")
        reset = await bob.hears(lambda r: r["Room"] == room, of="reset")
        assert reset["Seq"] >= 80
        await bob.hears_text("after")
        seqs = bob.seqs(room)
        assert seqs[:2] == [1, 2]
        assert seqs[2:] == list(range(seqs[2], 84))
        assert len(seqs[2:]) >= 50
