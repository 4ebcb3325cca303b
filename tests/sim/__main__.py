"""`python -m tests.sim --runs N [--seed S]` makes N runs and prints their totals. The exit status
is 1 if a run found a bug."""

import argparse
import sys
import time
from collections import Counter

from tests.sim.world import NEVER_ZERO, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    chosen = parser.parse_args()
    totals: Counter[str] = Counter()
    bad: list[int] = []
    events, faults = [], []
    began = time.monotonic()
    for seed in range(chosen.seed, chosen.seed + chosen.runs):
        outcome = run(seed)
        totals += outcome.totals
        events.append(outcome.events)
        faults.append(len(outcome.faults))
        if outcome.problems:
            bad.append(seed)
            print(f"seed {seed}: {outcome.faults}")
            for problem in outcome.problems[:5]:
                print(f"    {problem}")
    took = time.monotonic() - began
    print(f"{chosen.runs} runs from seed {chosen.seed} in {took:.1f} s, bad: {bad or 'none'}")
    print(f"events a run: {min(events)} or more, faults: {min(faults)} or more")
    print(", ".join(f"{name}: {count}" for name, count in sorted(totals.items())))
    zero = [name for name in NEVER_ZERO if not totals[name]]
    if zero:
        print(f"never happened: {', '.join(zero)}")
    return 1 if bad or zero else 0


if __name__ == "__main__":
    sys.exit(main())
