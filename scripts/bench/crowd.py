"""The crowd: as many sockets as can be in one room, over some gateways, and what idle ones cost.

The load runs on the same machine and uses a part of the cores. Memory is by how much the resident
memory of the gateways grew when the sockets came. Idle sockets get nothing but pings: they are
measured for longer than a ping interval (25 s).
"""

import argparse
import time

from common.descriptors import raise_descriptor_limit
from scripts.bench import servers
from scripts.bench.measuring import cpu_s, resident_kib
from scripts.bench.report import Aim, Report, Row
from scripts.bench.servers import Server, hubbub_system
from scripts.load.person import Plan
from scripts.load.speaking import Speech
from scripts.load.tally import percentile_ms
from scripts.load.workers import SPARE, Workers, plan_name
from scripts.progress import Progress

WITHIN_S = 600.0
IN_PROCESS = 12_500
"""Sockets of one process of the load."""
SOURCES = 16
RATE = 0.5


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, default=3000)
    parser.add_argument("--gateways", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds in which people talk")
    parser.add_argument("--idle", type=int, default=5000, help="sockets that get nothing")
    parser.add_argument("--idle-seconds", type=float, default=30.0)
    parser.add_argument("--only", choices=("crowd", "idle"))


def run(args: argparse.Namespace, progress: Progress) -> Report:
    report = Report(
        "crowd",
        ["what", "sockets"],
        {
            "KiB a socket": "KiB of a socket",
            "p99 ms": "p99, ms",
            "idle, % of a core": "idle, % of a core",
        },
    )
    if args.only != "idle":
        row = _crowd(args, progress)
        report.rows.append(row)
        report.aims = [
            Aim(f"{args.sockets} sockets: p99 ms", row["p99 ms"], most=1500),
            Aim(f"{args.sockets} sockets: deliveries and connections lost", row["lost"], most=0),
            Aim(f"{args.sockets} sockets: KiB of one", row["KiB a socket"], most=16),
        ]
    if args.only != "crowd":
        for name in ("hubbub", "stock"):
            with getattr(servers, name)() as server:
                report.rows.append(_idle(args, server, progress))
        used = report.rows[-2]["idle, % of a core"]
        report.aims.append(Aim(f"{args.idle} idle sockets: % of a core", used, most=1.0))
    return report


def _crowd(args: argparse.Namespace, progress: Progress) -> Row:
    limit = raise_descriptor_limit() - SPARE
    processes = max(1, -(-args.sockets // min(IN_PROCESS, limit)))
    with hubbub_system(args.gateways) as system:
        gateways = [gateway.pid for gateway in system.gateways]
        before_kib = resident_kib(gateways)
        plan = Plan(system.urls, "bench", plan_name(), sources=SOURCES, reconnects=True)
        with Workers(plan, processes) as workers:
            progress.step(f"{args.sockets} sockets come to {args.gateways} gateways")
            came = workers.join(
                args.sockets, WITHIN_S, lambda tally: progress.show(tally.joined, tally.people)
            )
            workers.wait_idle()
            kib = (resident_kib(gateways) - before_kib) / args.sockets
            progress.step(f"a message every {1 / RATE:g} s")
            pids = [system.broker.pid, *gateways]
            used_s = cpu_s(pids)
            expected = RATE * args.seconds * args.sockets
            spoken = workers.speak(
                Speech(RATE, args.seconds), lambda t: progress.show(t.deliveries, expected)
            )
            used_s = cpu_s(pids) - used_s
    tally = spoken.tally
    return {
        "what": "crowd",
        "sockets": args.sockets,
        "gateways": args.gateways,
        "joins/s": args.sockets / came.wall_s,
        "KiB a socket": kib,
        "p50 ms": percentile_ms(tally.latency, 0.5),
        "p99 ms": percentile_ms(tally.latency, 0.99),
        "longest ms": percentile_ms(tally.latency, 1.0),
        "lost": spoken.lost + tally.lost,
        "us": used_s * 1e6 / max(tally.deliveries, 1),
        "load": round(spoken.busiest, 2),
    }


def _idle(args: argparse.Namespace, server: Server, progress: Progress) -> Row:
    front = server.pids[-1]
    before_kib = resident_kib([front])
    with Workers(Plan(server.urls, "bench", plan_name())) as workers:
        progress.step(f"{args.idle} idle sockets at {server.name}")
        came = workers.join(
            args.idle, WITHIN_S, lambda tally: progress.show(tally.joined, tally.people)
        )
        workers.wait_idle()
        kib = (resident_kib([front]) - before_kib) / args.idle
        used_s, began = cpu_s([front]), time.monotonic()
        while (waited_s := time.monotonic() - began) < args.idle_seconds:
            progress.show(waited_s, args.idle_seconds)
            time.sleep(min(1.0, args.idle_seconds - waited_s))
        used_s = cpu_s([front]) - used_s
        lost = workers.read_tally().lost
    return {
        "what": f"idle, {server.name}",
        "sockets": args.idle,
        "gateways": 1,
        "joins/s": args.idle / came.wall_s,
        "KiB a socket": kib,
        "lost": lost,
        "idle, % of a core": 100 * used_s / waited_s,
    }
