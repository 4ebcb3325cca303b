"""The soak test: puts load and faults on a system, and reports whether every promise was kept.

python -m scripts.soak --minutes 5 --faults mixed          starts its own broker and gateways
python -m scripts.soak --minutes 5 --urls http://a,http://b    loads running gateways, no faults

The exit status is 0 only if every acked message is in the archive once, and no visitor saw a hole.
The same seed gives the same faults.
"""

import argparse
import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from scripts import cli
from scripts.processes import Processes, StartError
from scripts.soak.faults import Toll, inject, schedule
from scripts.soak.visitors import Load, Verdict, loading

PROGRESS_S = 10.0
LEASE_S = "3"
"""Shorter than the longest stop of a process, so that leases do end."""
VERDICT_S = 60.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts.soak", description="Puts load and faults on a system."
    )
    parser.add_argument("--minutes", type=float, default=1.0, help="of load")
    parser.add_argument("--faults", choices=("none", "kill", "stop", "mixed"), default="none")
    parser.add_argument(
        "--kills", type=int, default=0, help="end after this many kills; 0: no limit"
    )
    parser.add_argument("--seed", type=int, default=None, help="of the faults; random if missing")
    parser.add_argument("--urls", default="", help="of running gateways, separated by commas")
    parser.add_argument("--gateways", type=int, default=2, help="how many to start")
    parser.add_argument("--rooms", type=int, default=3)
    parser.add_argument("--writers", type=int, default=3, help="in each room")
    parser.add_argument("--listeners", type=int, default=3, help="that only listen, in each room")
    args = parser.parse_args(arguments)
    if args.urls and args.faults != "none":
        parser.error("--faults needs processes of its own: leave out --urls")
    if args.seed is None:
        args.seed = secrets.randbelow(1 << 31)
    try:
        return asyncio.run(soak(args))
    except (StartError, TimeoutError, ExceptionGroup) as error:
        print(f"soak: failed: {error!r}", file=sys.stderr)
        return 1


async def soak(args: argparse.Namespace) -> int:
    """Runs the soak test. Returns the exit status."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hubbub-soak-")))
        system: Processes | None = None
        urls = args.urls.split(",")
        if not args.urls:
            system = stack.enter_context(
                Processes(folder, args.gateways, {"HUBBUB_LEASE": LEASE_S})
            )
            urls = system.urls
        print(f"soak: {args.minutes:g} minutes, faults {args.faults}, seed {args.seed}")
        prefix = f"soak-{secrets.token_hex(3)}"
        toll = Toll()
        async with loading(urls, prefix, args.rooms, args.writers, args.listeners) as load:
            began = time.monotonic()
            async with asyncio.TaskGroup() as tasks:
                progress = tasks.create_task(print_progress(load, toll))
                await inject_faults(system, load, toll, args)
                progress.cancel()
            took_s = time.monotonic() - began
            verdict = await load.finish(VERDICT_S)
        return report(verdict, toll, took_s, system)


async def inject_faults(
    system: Processes | None, load: Load, toll: Toll, args: argparse.Namespace
) -> None:
    """Injects faults until the time is over, or `--kills` is reached."""
    end = time.monotonic() + args.minutes * 60
    if system is None or args.faults == "none":
        await asyncio.sleep(args.minutes * 60)
        return
    for fault in schedule(args.seed, args.gateways, args.faults):
        if time.monotonic() >= end or 0 < args.kills <= toll.kills:
            return
        await inject(system, load, fault, toll)
        system.look()


async def print_progress(load: Load, toll: Toll) -> None:
    while True:
        await asyncio.sleep(PROGRESS_S)
        print(f"soak: {load.acked} acked, {toll.kills} kills, {toll.stops} stops", flush=True)


def report(verdict: Verdict, toll: Toll, took_s: float, system: Processes | None) -> int:
    print(f"messages acked     {verdict.acked} ({verdict.acked / took_s:.0f} a second)")
    print(f"events in archive  {verdict.archived}, seen by listeners {verdict.seen}")
    print(f"kills, stops       {toll.kills} ({toll.broker_kills} of the broker), {toll.stops}")
    if toll.recoveries_s:
        print(
            f"broker recoveries  {len(toll.recoveries_s)}, from SIGKILL until all visitors are "
            f"served: {statistics.median(toll.recoveries_s):.2f} s (median), "
            f"{max(toll.recoveries_s):.2f} s (worst)"
        )
    print(
        f"visitors           {verdict.connections} connections, {verdict.retries} retries, "
        f"{verdict.resets} resets"
    )
    if system is not None:
        system.look()
        peaks = (f"{name} {mib:.0f} MiB" for name, mib in system.peaks_mib.items())
        print(f"peak memory        {', '.join(peaks)}")
    for problem in verdict.problems:
        print(f"PROBLEM            {problem}")
    print("verdict            " + ("FAILED" if verdict.problems else "every promise was kept"))
    return 1 if verdict.problems else 0


if __name__ == "__main__":
    cli.end(main, output_is_the_result=True)
