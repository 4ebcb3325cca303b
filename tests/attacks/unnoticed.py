"""What other people notice of an attack: their acks stay quick, and the memory is given back."""

import asyncio
import json
import secrets
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from msgspec import Struct

from scripts.processes import ROOT
from tests.support.surroundings import clean_environment
from tests.support.system import Process, System
from tests.system.memory import memory_mib

ACK_P99_MS = 100.0
"""Limit for the acks of a bystander at p99, while its gateway or the broker is attacked."""
TRIES = 3
"""The machine is shared: an attack that is noticed counts only if it is noticed each time."""
FREED_MIB = 16.0
"""Memory that a process may keep after an attack: allocators do not give back every page."""
FREED_S = 10.0
POLL_S = 0.1
START_S = 20.0

Attack = Callable[[], Awaitable[None]]


class Noticed(Struct, frozen=True):
    """What one bystander noticed: how many acks it waited for, and the milliseconds they took."""

    acks: int
    p50_ms: float
    p99_ms: float
    longest_ms: float


async def during(attack: Attack, url: str) -> Noticed:
    """Runs the attack while a bystander at this gateway says something every 20 ms."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.attacks.bystander",
        urlsplit(url).netloc,
        f"calm-{secrets.token_hex(4)}",
        cwd=ROOT,
        env=clean_environment({}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            assert await process.stdout.readline() == b"ready\n", "the bystander did not join"
        await attack()
        out, _ = await process.communicate(b"")
        assert process.returncode == 0, "the bystander lost its connection during the attack"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    took = sorted(json.loads(out))
    assert took, "the attack was over before anybody could notice it"
    return Noticed(len(took), statistics.median(took), took[len(took) * 99 // 100], took[-1])


async def nobody_notices(attack: Attack, system: System, url: str = "") -> Noticed:
    """Demands that acks of others take at most 100 ms at p99 while this attack runs, and that each
    process is back at the memory it had before. The attack is repeated if it was noticed."""
    before = [memory_mib(process, "VmRSS") for process in system.processes]
    for _ in range(TRIES):
        noticed = await during(attack, url or system.url)
        if noticed.p99_ms <= ACK_P99_MS:
            break
    else:
        raise AssertionError(f"bystanders noticed the attack: {noticed}")
    for process, mib in zip(system.processes, before, strict=True):
        await memory_returns(process, mib)
    return noticed


async def memory_returns(process: Process, mib: float, kept_mib: float = FREED_MIB) -> None:
    """Waits until the process has at most `kept_mib` more than `mib`."""
    end = time.monotonic() + FREED_S
    while (now := memory_mib(process, "VmRSS")) > mib + kept_mib:
        assert time.monotonic() < end, f"{process.name} keeps {now - mib:.0f} MiB of the attack"
        await asyncio.sleep(POLL_S)
