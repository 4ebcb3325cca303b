"""The network between gateway and broker is cut, frozen, half open and slow, under load."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from scripts.processes import free_port
from scripts.soak.visitors import loading
from tests.support.system import System
from tests.system.proxy import Proxy

WELL_S = 30.0
FROZEN_S = 2.0
"""How long the wire is frozen: longer than the lease."""
FAULTS = (
    "both cut",
    "commands cut",
    "commands frozen up",
    "commands frozen down",
    "events frozen down",
    "half open",
    "both slow",
)


async def harm(commands: Proxy, events: Proxy, fault: str) -> None:
    match fault:
        case "both cut":
            commands.cut()
            events.cut()
        case "commands cut":
            commands.cut()
        case "commands frozen up":
            commands.freeze(up=True)
        case "commands frozen down":
            commands.freeze(down=True)
        case "events frozen down":
            events.freeze(down=True)
        case "half open":
            for proxy in (commands, events):
                proxy.freeze(up=True, down=True)
                proxy.cut()
        case "both slow":
            commands.delay_s = events.delay_s = 0.3
    if "cut" not in fault:
        await asyncio.sleep(FROZEN_S)  # the fault has to last
        commands.heal()
        events.heal()


@pytest.mark.timeout(200)
async def test_nothing_is_lost_when_the_wire_between_them_fails(tmp_path: Path) -> None:
    """One gateway is behind the proxy, the other one is not."""
    ports = free_port(), free_port()
    system = System(
        tmp_path,
        gateways=2,
        each=[{"HUBBUB_BROKER": f"tcp://127.0.0.1:{ports[0]}"}, {}],
        HUBBUB_EVENTS_ADVERTISE=f"tcp://127.0.0.1:{ports[1]}",
        HUBBUB_LEASE="1.2",
    )
    targets = [
        int(system.settings[name].rpartition(":")[2])
        for name in ("HUBBUB_BIND", "HUBBUB_EVENTS_BIND")
    ]
    async with AsyncExitStack() as stack:
        commands, events = [
            await stack.enter_async_context(Proxy(port, target))
            for port, target in zip(ports, targets, strict=True)
        ]
        await stack.enter_async_context(system)
        load = await stack.enter_async_context(loading(system.urls, "cuts", rooms=1))
        for fault in FAULTS:
            await load.until_acked(10, WELL_S)
            await harm(commands, events, fault)
            took = await load.until_recovered(time.monotonic(), WELL_S)
            print(f"{fault}: all is well after {took:.2f} s")
        verdict = await load.finish(WELL_S)
        print(verdict)
        assert verdict.problems == []
        assert commands.connections > len(FAULTS) // 2
