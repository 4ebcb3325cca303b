"""The tally: what one process of the load has counted, and the sum of several. Pure."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

TICK_US = 100
"""Times are counted in ticks of this size."""

Ticks = dict[int, int]
"""Ticks → how many deliveries or answers took that long."""


class Tally(Struct):
    """What was counted since the last `clear`; fields with `now` are the present state."""

    people: int = 0
    """People who are to be connected, now."""
    joined: int = 0
    """People who have joined and are connected, now."""
    bytes: int = 0
    """Bytes that were received, framing included."""
    deliveries: int = 0
    sent: int = 0
    acked: int = 0
    refused: dict[str, int] = {}
    """Error code → requests that were refused with it."""
    count: int = 0
    """People in the room, by the ack of the latest join."""
    lost: int = 0
    """Connections of joined people that ended."""
    why: dict[str, int] = {}
    """Reason → connections that ended or failed for it."""
    holes: int = 0
    """Seqs that a person whose frames are inspected did not receive."""
    repeats: int = 0
    not_recovered: int = 0
    """How often a person got the newest page instead of the missed events."""
    leaves: int = 0
    """`leave` events that people whose frames are inspected received."""
    kinds: dict[str, int] = {}
    """Event → bytes of it that people whose frames are inspected received; `replay`: events from
    before their join."""
    seen: dict[int, int] = {}
    """Messages → how many people have received that many."""
    heads: dict[int, int] = {}
    """Seq → how many people whose frames are inspected have it as their last one, now."""
    latency: Ticks = {}
    """Times of deliveries, without those that come with or before the ack of a join. All messages
    of one read count with the time of the oldest."""
    acks: dict[str, Ticks] = {}
    """Kind of request → times of its answers."""
    joins: Ticks = {}
    """Times from when a connection was due, which is its first SYN, until its person had joined."""
    last_join_at: float = 0.0
    """When the last one had joined (monotonic)."""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    busiest: float = 0.0
    """The share of a core that the busiest process used."""


def merge(tallies: Iterable[Tally]) -> Tally:
    """The sum of the tallies of processes that ran at the same time."""
    total = Tally()
    for tally in tallies:
        for field in msgspec.structs.fields(Tally):
            mine, its = getattr(total, field.name), getattr(tally, field.name)
            if field.name in ("wall_s", "busiest", "count", "last_join_at"):
                setattr(total, field.name, max(mine, its))
            elif isinstance(mine, dict):
                _add(mine, its)
            else:
                setattr(total, field.name, mine + its)
    return total


def merge_ticks(parts: Iterable[Ticks]) -> Ticks:
    """The sum of several counts of ticks."""
    total: Ticks = {}
    for part in parts:
        _add(total, part)
    return total


def ticks_since(before: Ticks, after: Ticks) -> Ticks:
    """What was counted between two readings of the same ticks."""
    counts = {tick: count - before.get(tick, 0) for tick, count in after.items()}
    return {tick: count for tick, count in counts.items() if count}


def _add(mine: dict, its: dict) -> None:  # type: ignore[type-arg]
    for key, value in its.items():
        if isinstance(value, dict):
            _add(mine.setdefault(key, {}), value)
        else:
            mine[key] = mine.get(key, 0) + value


def missing(tally: Tally, expected: int) -> int:
    """Deliveries that did not arrive, if `expected` messages went to each person."""
    return sum(people * max(0, expected - seen) for seen, people in tally.seen.items())


def surplus(tally: Tally, expected: int) -> int:
    """Deliveries beyond the `expected` messages to each person."""
    return sum(people * max(0, seen - expected) for seen, people in tally.seen.items())


def percentile_ms(ticks: Ticks, share: float) -> float:
    """The time within which this share was counted, rounded up to a tick; NaN if `ticks` is
    empty."""
    remaining = share * sum(ticks.values())
    for tick in sorted(ticks):
        remaining -= ticks[tick]
        if remaining <= 0:
            return (tick + 1) * TICK_US / 1000
    return float("nan")
