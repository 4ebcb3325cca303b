"""The throughput: the most deliveries a second that a server makes without falling behind."""

from collections.abc import Callable

from scripts.bench.report import Row
from scripts.load.speaking import Speech
from scripts.load.tally import percentile_ms
from scripts.load.workers import BUSY, Workers

SOON_MS = 250.0
BROKEN_MS = 1500.0
"""A step is given up if half of the deliveries are later than this."""
TRIES = 2
"""A rate counts as too high after so many failures: the machine may have been busy once."""
CLOSE = 1.12
"""The search ends when the lowest rate that failed is so near to the best one that held."""
BEHIND = 0.9
"""A step counts only if so much of its rate was really sent."""
SPEAKERS = 8


def most(
    workers: Workers, start: float, seconds: float, steps: int, watch: Callable[[float], None]
) -> tuple[float, Row]:
    """The highest rate of messages that held (0 if none did), and its deliveries."""
    brought: dict[float, Row] = {}

    def holds(rate: float) -> bool:
        for _ in range(TRIES):
            watch(rate)
            brought[rate] = _step(workers, rate, seconds)
            if brought[rate]:
                return True
        return False

    rate = highest(holds, start, least=2 / seconds, steps=steps)
    return rate, brought.get(rate, {})


def highest(holds: Callable[[float], bool], start: float, least: float, steps: int) -> float:
    """The highest rate that holds, as far as so many steps find it; 0 if none of `least` does.

    The first rate that broke is asked once more at the end: if the machine was busy with something
    else, it holds now, and the search goes on from there.
    """
    good, bad, rate, broke, asked = 0.0, 0.0, start, 0.0, False
    for _ in range(steps):
        if holds(rate):
            good = max(good, rate)
            bad = bad if bad > good else 0.0
        elif asked and rate == broke:
            break
        else:
            bad, broke = rate, broke or rate
        rate = (good + bad) / 2 if bad else good * 2
        if (bad and good and bad / good < CLOSE) or rate < least:
            if asked or not broke:
                break
            asked, rate = True, broke
    return good


def _step(workers: Workers, rate: float, seconds: float) -> Row:
    """The deliveries at this rate; an empty row if it did not hold."""
    workers.wait(lambda tally: tally.joined == tally.people, 60)
    workers.wait_idle()
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
