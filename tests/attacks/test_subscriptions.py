"""Whoever subscribes without end where the broker publishes is cut off; the memory comes back."""

import asyncio
import sys
from contextlib import suppress

import pytest

from scripts.processes import ROOT
from tests.attacks.unnoticed import Attack, memory_returns, nobody_notices
from tests.support.surroundings import clean_environment
from tests.support.system import System
from tests.system.memory import memory_mib

ATTACK_S = 1.0
CUT_S = 15.0
REFUSED = "hubbub_broker_refused_subscriptions_total"


def refused(system: System) -> float:
    text = system.broker.get("/metrics")[1]
    return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith(REFUSED))


async def until_refused(system: System, before: float) -> None:
    while await asyncio.to_thread(refused, system) <= before:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def attack_of(kind: str, hubbub: System) -> Attack:
    """The attack lasts until the subscriber was cut off, and a second more."""
    endpoint = hubbub.settings["HUBBUB_EVENTS_BIND"]

    async def attack() -> None:
        before = await asyncio.to_thread(refused, hubbub)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.attacks.subscriber", endpoint, kind),
            cwd=ROOT,
            env=clean_environment({}),
            stdin=asyncio.subprocess.PIPE,
        )
        try:
            # A frame that is too long is refused by libzmq itself, before anybody counts it.
            async with asyncio.timeout(CUT_S):
                if kind != "long":
                    await until_refused(hubbub, before)
            with suppress(TimeoutError):  # a SUB connects again, and begins again
                await asyncio.wait_for(process.wait(), ATTACK_S)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    return attack


@pytest.mark.parametrize("kind", ["long", "everything", "user messages"])
async def test_nobody_notices_a_subscriber_that_is_cut_off(hubbub: System, kind: str) -> None:
    await nobody_notices(attack_of(kind, hubbub), hubbub)


@pytest.mark.parametrize("kind", ["many", "back and forth"])
async def test_the_memory_of_a_flood_of_subscriptions_comes_back(hubbub: System, kind: str) -> None:
    """Quick acks meanwhile are not promised: libzmq takes the flood in before the broker has its
    turn."""
    before = memory_mib(hubbub.broker, "VmRSS")
    await attack_of(kind, hubbub)()
    await memory_returns(hubbub.broker, before)
    await asyncio.to_thread(hubbub.gateways[0].wait_ready)
