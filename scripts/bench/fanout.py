"""The fan-out: CPU of one delivery, and how many a second, beside peers in the same run.

All servers run at once, each with the same number of sockets in one room. They are measured in
turn, in several rounds, of which the best counts. `us` is the CPU time that all processes of a
server use for one delivery at a quiet rate: a message is sent only when all have received the one
before, so that each delivery is a write of its own. Hubbub's message rate is unlimited here, and
its messages are on disk before they are sent; the other servers store none.
"""

import argparse
from contextlib import ExitStack

from scripts.bench import servers
from scripts.bench.measuring import user_and_system_s
from scripts.bench.report import Aim, Report, Row, ratio
from scripts.bench.servers import Missing, Server
from scripts.bench.throughput import SPEAKERS, most
from scripts.load.person import Plan
from scripts.load.speaking import Speech
from scripts.load.workers import BUSY, Workers, plan_name
from scripts.progress import Progress

QUIET = 50_000
"""The most deliveries a second at the quiet rate."""
START = {"stock": 10_000, "node": 40_000}
"""Deliveries a second with which the search begins; 50,000 for every other server."""
JOIN_S = 120.0
LEAST_OF_STOCK = {1000: 6.0, 5000: 10.0}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="seconds of one measurement")
    parser.add_argument("--begin", type=float, help="deliveries a second at first")
    parser.add_argument("--steps", type=int, default=16, help="the most steps of a search")
    parser.add_argument("--only", choices=("cost", "throughput"), help="measure only this")
    parser.add_argument(
        "--servers",
        default="hubbub,floor,stock",
        help="with commas; also node, uws",
    )


def run(args: argparse.Namespace, progress: Progress) -> Report:
    report = Report(
        "fanout",
        ["server", "sockets"],
        {"us": "CPU of a delivery, µs", "most/s": "most deliveries a second"},
    )
    for sockets in args.sockets:
        with ExitStack() as stack:
            loads = _start(args, sockets, stack, progress, report)
            rows: list[Row] = [{"server": one.name, "sockets": sockets} for one, _ in loads]
            if args.only != "throughput":
                _costs(args, loads, rows, progress)
            if args.only != "cost":
                _throughputs(args, loads, rows, progress)
            report.rows += rows
            report.aims += _aims(sockets, {row["server"]: row for row in rows})
    report.notes.append(f"{SPEAKERS} speakers at most, HUBBUB_MESSAGE_RATE=0")
    if any(row.get("load bound") for row in report.rows):
        report.notes.append(f"load bound: the load took over {BUSY:.0%} of a core, not the server")
    return report


Loads = list[tuple[Server, Workers]]


def _start(
    args: argparse.Namespace, sockets: int, stack: ExitStack, progress: Progress, report: Report
) -> Loads:
    loads = []
    for name in args.servers.split(","):
        progress.step(f"{sockets} sockets come to {name}")
        try:
            server = stack.enter_context(getattr(servers, name)())
        except Missing as missing:
            report.notes.append(f"{name} is left out: {missing}")
            continue
        plan = Plan(server.urls, "bench", plan_name(), reconnects=True)
        workers = stack.enter_context(Workers(plan))
        workers.join(sockets, JOIN_S, lambda tally: progress.show(tally.joined, tally.people))
        workers.wait_idle()
        loads.append((server, workers))
    return loads


def _costs(args: argparse.Namespace, loads: Loads, rows: list[Row], progress: Progress) -> None:
    for number in range(args.rounds):
        progress.step(f"CPU of a delivery, round {number + 1} of {args.rounds}")
        for done, ((server, workers), row) in enumerate(zip(loads, rows, strict=True)):
            progress.show(done, len(loads), server.name)
            speech = Speech(QUIET / row["sockets"], args.seconds, one_by_one=True)
            before = [user_and_system_s(pid) for pid in server.pids]
            spoken = workers.speak(speech)
            after = [user_and_system_s(pid) for pid in server.pids]
            one = 1e6 / max(spoken.tally.deliveries, 1)
            used_us = [
                ((b[0] - a[0]) * one, (b[1] - a[1]) * one)
                for a, b in zip(before, after, strict=True)
            ]
            total_us = sum(sum(used) for used in used_us)
            row.setdefault("us each round", []).append(round(total_us, 2))
            if total_us <= row.get("us", total_us):
                row["us"] = total_us
                row["us in kernel"] = sum(used[1] for used in used_us)
                row["us of broker"] = sum(used_us[0]) if len(used_us) > 1 else None
            row["bytes"] = round(spoken.tally.bytes / max(spoken.tally.deliveries, 1), 1)
            row["lost"] = row.get("lost", 0) + spoken.lost


def _throughputs(
    args: argparse.Namespace, loads: Loads, rows: list[Row], progress: Progress
) -> None:
    for (server, workers), row in zip(loads, rows, strict=True):
        progress.step(f"most deliveries a second of {server.name}")
        start = (args.begin or START.get(server.name, QUIET)) / row["sockets"]
        _, best = most(
            workers,
            start,
            args.seconds,
            args.steps,
            lambda rate, row=row: progress.show(0, 1, f"{rate * row['sockets']:,.0f}/s"),  # type: ignore[misc]
        )
        row.update(best or {"most/s": None})


def _aims(sockets: int, rows: dict[str, Row]) -> list[Aim]:
    ours = rows.get("hubbub", {})
    aims = []
    if "us" in ours and "floor" in rows:
        one = ratio(ours["us"], rows["floor"]["us"])
        aims.append(Aim(f"{sockets} sockets: CPU, of the floor's", one, most=1.5))
    if "us" in ours and "stock" in rows:
        one = ratio(rows["stock"]["us"], ours["us"])
        least = LEAST_OF_STOCK.get(sockets, 6.0)
        aims.append(Aim(f"{sockets} sockets: CPU of stock, of ours", one, least=least))
    if "most/s" in ours and "stock" in rows and sockets == 1000:
        one = ratio(ours["most/s"], rows["stock"]["most/s"])
        aims.append(Aim(f"{sockets} sockets: deliveries a second, of stock's", one, least=20.0))
    if "most/s" in ours and "uws" in rows:
        one = ratio(ours["most/s"], rows["uws"]["most/s"])
        aims.append(Aim(f"{sockets} sockets: deliveries a second, of uWebSockets'", one, least=0.8))
    return aims
