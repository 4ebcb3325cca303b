"""The join: what one person's coming costs, in small rooms and large; and a rush into one room.

Most members of a room are registered by a peer, a gateway without browsers. `us` is CPU of broker
and gateway for a join, less what they use when idle; `bytes` is all that a newcomer receives,
except `presence` events. In the rush, events from before a person's own join are counted apart:
they are history. Newcomers come faster than 20 a second, so that every room is a crowd.
"""

import argparse
import time
from contextlib import ExitStack

from scripts.bench.measuring import cpu_s
from scripts.bench.report import Aim, Report, Row, ratio
from scripts.bench.servers import hubbub_system
from scripts.load.person import Plan
from scripts.load.spawned import LoadError, Spawned
from scripts.load.speaking import Speech
from scripts.load.workers import Workers, plan_name
from scripts.progress import Progress

WITHIN_S = 120.0
JOINS_PER_S = 50.0
FIRST = 60
"""These people join before the measurement, so that the room is a crowd with messages in it."""
LINES = 60
MOST_BYTES = 20_000_000
RUSH_AT_ONCE = 300
COUNT_S = 1.2
"""A small crowd gets its count within this time."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--members", type=int, nargs="+", default=[100, 5_000, 50_000])
    parser.add_argument("--joins", type=int, default=400, help="joins measured in each room")
    parser.add_argument(
        "--idle",
        type=float,
        default=3.0,
        help="seconds of the idle measurement",
    )
    parser.add_argument("--rush", type=int, default=10_000, help="people who join in a rush")
    parser.add_argument("--rush-seconds", type=float, default=10.0, help="seconds of the rush")
    parser.add_argument("--only", choices=("members", "rush"))


def run(args: argparse.Namespace, progress: Progress) -> Report:
    report = Report(
        "join", ["members", "joins"], {"us": "CPU of a join, µs", "bytes": "bytes of a join"}
    )
    if args.only != "rush":
        report.rows = [_room(args, members, progress) for members in args.members]
        least, most = report.rows[0], report.rows[-1]
        for figure in ("us", "bytes"):
            one = ratio(most[figure], least[figure])
            what = f"{figure} of a join, {most['members']} members to {least['members']}"
            report.aims.append(Aim(what, one, most=1.2))
    if args.only != "members":
        row = _rush(args, progress)
        report.rows.append(row)
        what = f"bytes of presence and joins of {args.rush} people"
        report.aims.append(
            Aim(what, row["bytes of counts"] + row["bytes of joins"], most=MOST_BYTES)
        )
    return report


def _room(args: argparse.Namespace, members: int, progress: Progress) -> Row:
    with hubbub_system() as system, ExitStack() as stack:
        progress.step(f"{members} members are registered")
        name = plan_name()
        peer = Spawned("scripts.bench.peer")
        stack.callback(peer.end)
        peer.ask("come", system.endpoint, False)
        failed = peer.ask("join", name, max(0, members - FIRST), ["bench"])
        if failed:
            raise LoadError(f"{failed} people could not join")
        plan = Plan(system.urls, "bench", f"{name}-new", per_second=JOINS_PER_S, inspects=True)
        pids = [system.broker.pid, system.gateways[0].pid]
        workers = stack.enter_context(Workers(plan))
        workers.join(FIRST, WITHIN_S)
        workers.speak(Speech(LINES, 1, speakers=FIRST))
        workers.wait_idle()
        progress.step(f"{args.joins} people join the {members}")
        workers.clear()
        used_s, began = cpu_s(pids), time.monotonic()
        workers.join(args.joins, WITHIN_S, lambda t: progress.show(t.joined, t.people))
        workers.wait_idle()
        used_s, took_s = cpu_s(pids) - used_s, time.monotonic() - began
        tally = workers.read_tally()
        time.sleep(COUNT_S)
        idle_s = cpu_s(pids)
        time.sleep(args.idle)
        used_s -= (cpu_s(pids) - idle_s) / args.idle * took_s
    counts = tally.kinds.get("presence", 0)
    return {
        "members": members,
        "joins": args.joins,
        "seconds": took_s,
        "us": used_s * 1e6 / args.joins,
        "bytes": (tally.bytes - counts) / args.joins,
        "bytes of counts": counts,
    }


def _rush(args: argparse.Namespace, progress: Progress) -> Row:
    with hubbub_system() as system:
        plan = Plan(
            system.urls,
            "bench",
            plan_name(),
            at_once=RUSH_AT_ONCE,
            per_second=args.rush / args.rush_seconds,
            inspects=True,
        )
        pids = [system.broker.pid, system.gateways[0].pid]
        with Workers(plan) as workers:
            progress.step(f"{args.rush} people come, {args.rush / args.rush_seconds:g} a second")
            used_s, began = cpu_s(pids), time.monotonic()
            workers.join(args.rush, WITHIN_S, lambda t: progress.show(t.joined, t.people))
            took_s = time.monotonic() - began
            time.sleep(max(COUNT_S, args.rush / 5000))  # the last count
            workers.wait_idle()
            tally = workers.read_tally()
            used_s = cpu_s(pids) - used_s
    return {
        "members": 0,
        "joins": args.rush,
        "seconds": took_s,
        "us": used_s * 1e6 / args.rush,
        "bytes": tally.bytes / args.rush,
        "bytes of counts": tally.kinds.get("presence", 0),
        "bytes of joins": sum(tally.kinds.get(kind, 0) for kind in ("joined", "chat")),
        "bytes of replay": tally.kinds.get("replay", 0),
    }
