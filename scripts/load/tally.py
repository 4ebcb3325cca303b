"""The tally: what one process of the load has counted, and what several come to. Pure."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

TICK_US = 100
"""Times are counted in ticks of this size."""

Ticks = dict[int, int]
"""How many things took so many ticks."""


class Tally(Struct):
    """Counted since the last `clear`, except where a line says otherwise."""

    people: int = 0
    """Those who are asked to be there, now."""
    joined: int = 0
    """Those who are, now."""
    bytes: int = 0
    """Received, framing included."""
    deliveries: int = 0
    sent: int = 0
    acked: int = 0
    refused: dict[str, int] = {}
    """Requests that got an error, by its code."""
    count: int = 0
    """People in the room, as the latest join was told."""
    lost: int = 0
    """Connections that ended."""
    why: dict[str, int] = {}
    """What connections ended of, those too that never came to be."""
    holes: int = 0
    """Seqs that somebody careful did not see."""
    repeats: int = 0
    not_recovered: int = 0
    """Times that somebody got the newest page instead of what was missed."""
    leaves: int = 0
    """`leave` events that somebody careful saw."""
    kinds: dict[str, int] = {}
    """Bytes that careful people received, by event; `replay` are lines from before their join."""
    seen: dict[int, int] = {}
    """How many people have seen so many messages."""
    heads: dict[int, int] = {}
    """How many careful people stand at this Seq, now."""
    latency: Ticks = {}
    """Of deliveries. All that came in one read count as its oldest."""
    acks: dict[str, Ticks] = {}
    """Of answers, by what was asked."""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    busiest: float = 0.0
    """Share of a core that the busiest process took."""


def merge(tallies: Iterable[Tally]) -> Tally:
    """Of processes that ran side by side."""
    total = Tally()
    for tally in tallies:
        for field in msgspec.structs.fields(Tally):
            mine, its = getattr(total, field.name), getattr(tally, field.name)
            if field.name in ("wall_s", "busiest", "count"):
                setattr(total, field.name, max(mine, its))
            elif isinstance(mine, dict):
                _add(mine, its)
            else:
                setattr(total, field.name, mine + its)
    return total


def merge_ticks(parts: Iterable[Ticks]) -> Ticks:
    """All of them."""
    total: Ticks = {}
    for part in parts:
        _add(total, part)
    return total


def _add(mine: dict, its: dict) -> None:  # type: ignore[type-arg]
    for key, value in its.items():
        if isinstance(value, dict):
            _add(mine.setdefault(key, {}), value)
        else:
            mine[key] = mine.get(key, 0) + value


def missing(tally: Tally, expected: int) -> int:
    """Deliveries that did not come, of so many messages to everybody."""
    return sum(people * max(0, expected - seen) for seen, people in tally.seen.items())


def surplus(tally: Tally, expected: int) -> int:
    """Deliveries that came more than once."""
    return sum(people * max(0, seen - expected) for seen, people in tally.seen.items())


def percentile_ms(ticks: Ticks, share: float) -> float:
    """The time within which this share of them came; NaN for none. Not below the truth."""
    left = share * sum(ticks.values())
    for tick in sorted(ticks):
        left -= ticks[tick]
        if left <= 0:
            return (tick + 1) * TICK_US / 1000
    return float("nan")
