"""The throughput: the most deliveries a second that a server makes while they stay soon."""

from collections.abc import Callable

from scripts.bench.report import Row
from scripts.load.tally import percentile_ms
from scripts.load.voice import Speech
from scripts.load.workers import BUSY, Workers

SOON_MS = 250.0
BROKEN_MS = 1500.0
"""Half of the deliveries later than this: a step is given up."""
TRIES = 2
"""A rate has broken if it broke so often: the machine may have been busy with something else."""
CLOSE = 1.12
"""The search ends when the rate that broke is so near to the best one that held."""
BEHIND = 0.9
"""A step counts only if so much of its rate was really said."""
SPEAKERS = 8


def most(
    workers: Workers, start: float, seconds: float, steps: int, watch: Callable[[float], None]
) -> tuple[float, Row]:
    """The highest rate of messages that held (0 for none), and what it brought."""
    good, bad, rate = 0.0, 0.0, start
    best: Row = {}
    for _ in range(steps):
        for _ in range(TRIES):
            watch(rate)
            held = _step(workers, rate, seconds)
            if held:
                break
        if held:
            good, best = rate, held
        else:
            bad = rate
        if bad and good and bad / good < CLOSE:
            break
        rate = (good + bad) / 2 if bad else good * 2
        if rate * seconds < 2:
            break
    return good, best


def _step(workers: Workers, rate: float, seconds: float) -> Row:
    """What this rate brought; nothing if it did not hold."""
    workers.wait(lambda tally: tally.joined == tally.people, 60)
    workers.rest()
    speech = Speech(rate, seconds, speakers=min(SPEAKERS, workers.people), lazy=True)
    spoken = workers.speak(
        speech, enough=lambda tally: percentile_ms(tally.latency, 0.5) > BROKEN_MS
    )
    p99_ms = percentile_ms(spoken.tally.latency, 0.99)
    said = spoken.tally.sent / (rate * seconds)
    if spoken.lost or spoken.tally.lost or not p99_ms < SOON_MS or said < BEHIND:
        return {}
    return {
        "most/s": spoken.tally.deliveries / spoken.seconds,
        "p50 ms": percentile_ms(spoken.tally.latency, 0.5),
        "p99 ms": p99_ms,
        "load": round(spoken.busiest, 2),
        "load bound": spoken.busiest > BUSY,
    }
