"""The faults: which processes are killed or stopped, and when, drawn from a seed."""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, Self

from msgspec import Struct

from scripts.soak.visitors import Load

RECOVERY_S = 40.0
"""All visitors must be served again within this time, on a busy machine too."""
MOST_ACKS = 40
LONGEST_STOP_S = 5.0
HASTE = 0.3
"""The share of hasty faults."""

Kinds = Literal["kill", "stop", "mixed"]


class Process(Protocol):
    """A broker or gateway."""

    def start(self, ready: bool = True) -> object: ...
    def kill(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class System(Protocol):
    """The processes that faults are injected into."""

    @property
    def broker(self) -> Process: ...
    @property
    def gateways(self) -> Sequence[Process]: ...


class Fault(Struct, frozen=True):
    """The broker, some gateways (by number), or both are killed or stopped, `later_s` seconds after
    `acks` more messages were acked. A `hasty` fault waits for no acks, and the next fault does not
    wait until the system has recovered from it."""

    kind: Literal["kill", "stop"]
    broker: bool
    gateways: tuple[int, ...]
    acks: int
    later_s: float
    hasty: bool
    for_s: float
    """Seconds for which the processes are stopped."""


class Toll(Struct):
    """The faults that were injected so far."""

    kills: int = 0
    stops: int = 0
    broker_kills: int = 0
    recoveries_s: list[float] = []
    """Seconds from each SIGKILL of the broker, which is started again at once, until all visitors
    were served."""

    def copy(self) -> Self:
        return type(self)(self.kills, self.stops, self.broker_kills, [*self.recoveries_s])


def schedule(seed: int, gateways: int, kinds: Kinds) -> Iterator[Fault]:
    """Yields faults for ever; the same ones for the same seed."""
    dice = random.Random(seed)
    while True:
        who = dice.choice(("broker", "broker", "gateway", "gateway", "both"))
        kind: Literal["kill", "stop"] = "kill"
        if kinds == "stop" or (kinds == "mixed" and dice.random() < 0.3):
            kind = "stop"
        yield Fault(
            kind=kind,
            broker=who != "gateway",
            gateways=() if who == "broker" else (dice.randrange(gateways),),
            acks=dice.randrange(1, MOST_ACKS),
            later_s=dice.uniform(0, 0.05),
            hasty=dice.random() < HASTE,
            for_s=dice.uniform(0.1, LONGEST_STOP_S),
        )


async def inject(system: System, load: Load, fault: Fault, toll: Toll) -> None:
    """Injects a fault and waits until the system has recovered from it, unless it is hasty. Raises
    TimeoutError if the system does not recover within RECOVERY_S."""
    if fault.hasty:
        await asyncio.sleep(fault.later_s * 10)
    else:
        await load.until_acked(fault.acks, RECOVERY_S)
        await asyncio.sleep(fault.later_s)
    hit = [system.gateways[number] for number in fault.gateways]
    if fault.broker:
        hit.insert(0, system.broker)
    began = time.monotonic()
    if fault.kind == "stop":
        for process in hit:
            process.pause()
        await asyncio.sleep(fault.for_s)
        for process in hit:
            process.resume()
        toll.stops += len(hit)
    else:
        for process in hit:
            await asyncio.to_thread(process.kill)
        began = time.monotonic()
        for process in hit:
            await asyncio.to_thread(process.start, False)
        toll.kills += len(hit)
        toll.broker_kills += fault.broker
    if not fault.hasty:
        took_s = await load.until_recovered(began, RECOVERY_S)
        if fault.kind == "kill" and fault.broker:
            toll.recoveries_s.append(took_s)
