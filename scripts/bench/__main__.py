"""Measures what Hubbub costs and holds, on systems of its own on loopback.

python -m scripts.bench fanout            a table, and which aims are met
python -m scripts.bench all --save        every benchmark; JSON and plots into docs/bench

The sizes that the aims are for; each takes a minute or two:

python -m scripts.bench storm --sockets 50000 --gateways 3 --servers ""
python -m scripts.bench crowd --sockets 50000 --gateways 3
python -m scripts.bench page --heap-seconds 600

The figures of a noisy machine are noisy: trust ratios of one run.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from scripts import cli
from scripts.bench import arrive, broker, crowd, fanout, join, latency, page, plots, storm
from scripts.load.spawned import LoadError
from scripts.processes import ROOT, StartError
from scripts.progress import Progress

BENCHES: dict[str, ModuleType] = {
    "fanout": fanout,
    "latency": latency,
    "join": join,
    "arrive": arrive,
    "storm": storm,
    "crowd": crowd,
    "broker": broker,
    "page": page,
}
STOPPED = 130
SAVED = ROOT / "docs" / "bench"


def main(arguments: Sequence[str]) -> int:
    args = _parse(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # either way, what was started is ended
    if args.bench != "all":
        return _run(args.bench, args, args.json)
    status = 0
    for name in BENCHES:
        file = args.json and args.json / f"{name}.json"
        ended = _run(name, _parse([name, *arguments[1:]]), file)
        if ended == STOPPED:
            return ended
        status |= ended
    return status


def _run(name: str, args: argparse.Namespace, file: Path | None) -> int:
    """Runs one benchmark and writes its JSON to this file. Returns the exit status."""
    progress = Progress("bench")
    try:
        report = BENCHES[name].run(args, progress)
    except KeyboardInterrupt:
        progress.end()
        print(f"bench: {name} was stopped", file=sys.stderr)
        return STOPPED
    except (LoadError, StartError, TimeoutError) as error:
        progress.end()
        print(f"bench: {name}: {error}", file=sys.stderr)
        return 1
    progress.end()
    print(f"{name}\n{report.text()}", flush=True)
    if file:
        report.write(file)
    if args.save:
        report.write(SAVED / f"{name}.json")
        if not plots.draw(report, SAVED / f"{name}.svg"):
            print("bench: no plot: matplotlib is not installed", file=sys.stderr)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--json",
        type=Path,
        help="write the figures to this file; `all`: to this folder",
    )
    common.add_argument("--save", action="store_true", help="write JSON and a plot to docs/bench")
    parser = argparse.ArgumentParser(prog="scripts.bench", description="Costs, on loopback.")
    benches = parser.add_subparsers(dest="bench", required=True)
    for name, bench in BENCHES.items():
        about = (bench.__doc__ or "").partition("\n")[0]
        bench.arguments(benches.add_parser(name, parents=[common], help=about, description=about))
    benches.add_parser("all", parents=[common], help="every benchmark with its default options")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    cli.end(main, output_is_the_result=True)
