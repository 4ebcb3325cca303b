"""The wall clock jumps by an hour, forwards and back: no timeout and no order changes."""

import asyncio
import struct
import time
from pathlib import Path
from typing import Any

import pytest

from scripts.soak.visitors import loading
from tests.support.system import System
from tests.system.faults.shims import compiled

HOUR_S = 3600.0
JUMPS_S = (HOUR_S, -HOUR_S, 0.0)
GRACE_S = 3.0


@pytest.mark.timeout(120)
async def test_the_wall_clock_only_informs(tmp_path: Path, visit, name, room) -> None:
    shim = await asyncio.to_thread(compiled, Path(__file__).with_name("jump.c"), tmp_path)
    clock = tmp_path / "jump"
    clock.write_bytes(struct.pack("d", 0.0))

    def jump(seconds: float) -> None:
        with clock.open("r+b") as file:  # in place, since the library has mapped it
            file.write(struct.pack("d", seconds))

    settings: dict[str, Any] = {
        "LD_PRELOAD": str(shim),
        "CLOCK_JUMP": str(clock),
        "HUBBUB_LEASE": "2",
        "HUBBUB_MOVE_GRACE": str(GRACE_S),
        "HUBBUB_LEAVE_GRACE": str(GRACE_S),
    }
    async with System(tmp_path, **settings) as system, loading(system.urls, "jump", 1) as load:
        bob = await visit(system.url, name("bob"), room)
        ann = await visit(system.url)
        epoch = (await ann.join(room, user=name("ann")))["epoch"]
        for seconds in JUMPS_S:
            await ann.lose()
            jump(seconds)
            told = (await bob.say(room, f"{seconds}"))["timestamp"]
            assert abs(told - time.time() - seconds) < HOUR_S / 10
            await load.until_acked(20, 30)
            # A lost connection has its grace, whatever the clock says.
            back = await visit(system.url)
            head = max(bob.seqs(room))
            ack = await back.join(room, token=ann.token, since={"Epoch": epoch, "Seq": head})
            assert ack["recovered"] is True
            ann, back = back, ann
            ann.token = back.token
            assert bob.lines(room, "leave") == []
            # The term of a new broker is higher, though its clock is an hour behind.
            await asyncio.to_thread(system.broker.kill)
            await asyncio.to_thread(system.broker.start)
            await load.until_recovered(time.monotonic(), 30)
        await ann.lose()
        began = time.monotonic()
        await bob.hears(lambda e: e["EvtType"] == "leave", within=20)
        assert time.monotonic() - began > GRACE_S / 2
        verdict = await load.finish(30)
        assert verdict.problems == []
