"""The broker alone: messages a second, acked and on disk; how soon rooms are live after a start.

The messages come from peers, which are gateways without browsers. For the restart there is a real
gateway with many rooms: it is ready when the subscription of each room is proven live again.
"""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from scripts.bench.measuring import cpu_s, resident_kib
from scripts.bench.peer import Sayings
from scripts.bench.report import Aim, Report, Row, ratio
from scripts.bench.restart import restart
from scripts.bench.servers import hubbub_system
from scripts.load.spawned import LoadError, Spawned
from scripts.load.tally import merge_ticks, percentile_ms
from scripts.load.workers import plan_name
from scripts.processes import Processes
from scripts.progress import Progress


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--people", type=int, nargs="+", default=[4_000, 100_000])
    parser.add_argument("--in-rooms", type=int, default=1000, help="rooms of these people")
    parser.add_argument("--peers", type=int, default=4)
    parser.add_argument("--under-way", type=int, default=500, help="unacked messages of one peer")
    parser.add_argument("--size", type=int, default=40, help="characters of a message")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rooms", type=int, default=10_000, help="rooms at the restart")
    parser.add_argument("--only", choices=("messages", "restart"))


def run(args: argparse.Namespace, progress: Progress) -> Report:
    report = Report(
        "broker",
        ["people", "gateways of a room"],
        {"acked/s": "acked a second", "us": "CPU of a message, µs"},
    )
    if args.only != "restart":
        runs = [(people, False) for people in args.people] + [(args.people[0], True)]
        report.rows = [_messages(args, *one, progress) for one in runs]
        rows = report.rows[: len(args.people)]
        few, many = rows[0], rows[-1]
        report.aims.append(
            Aim(f"{many['people']} people: acked a second", many["acked/s"], least=20_000)
        )
        if len(rows) > 1:
            one = ratio(many["us"], few["us"])
            what = f"CPU of a message, {many['people']} people to {few['people']}"
            report.aims.append(Aim(what, one, most=1.2))
    if args.only != "messages":
        row = restart(args.rooms, progress)
        report.rows.append(row)
        report.aims.append(Aim("rooms live after a restart, of all", row["live"], least=1.0))
    return report


def _messages(args: argparse.Namespace, people: int, everywhere: bool, progress: Progress) -> Row:
    """`everywhere`: each room has people at every peer, else at one."""
    each = people // args.peers
    count = args.in_rooms if everywhere else args.in_rooms // args.peers
    with hubbub_system(gateways=0) as system, _peers(args.peers, system) as peers:
        progress.step(f"{people} people come")
        for number, peer in enumerate(peers):
            own = "all" if everywhere else str(number)
            rooms = [f"room-{own}-{room}" for room in range(count)]
            peer.send("join", f"{plan_name()}-{number}", each, rooms)
        failed = sum(peer.answer() for peer in peers)
        if failed:
            raise LoadError(f"{failed} people could not join")
        progress.step(f"{args.peers} peers say what they can for {args.seconds:g} s")
        before_s = cpu_s([system.broker.pid])
        for peer in peers:
            peer.send("say", args.seconds, args.under_way, args.size)
        sayings: list[Sayings] = [peer.answer() for peer in peers]
        used_us = (cpu_s([system.broker.pid]) - before_s) * 1e6
        resident_mib = resident_kib([system.broker.pid]) / 1024
    acked = sum(one.acked for one in sayings)
    seconds = max(one.seconds for one in sayings)
    latency = merge_ticks(one.latency for one in sayings)
    return {
        "people": people,
        "rooms": args.in_rooms,
        "gateways of a room": args.peers if everywhere else 1,
        "acked/s": acked / seconds,
        "p50 ms": percentile_ms(latency, 0.5),
        "p99 ms": percentile_ms(latency, 0.99),
        "us": used_us / max(acked, 1),
        "broker's core": used_us / 1e6 / seconds,
        "peers' cores": sum(one.cpu_s for one in sayings) / seconds,
        "failed": sum(sum(one.failed.values()) for one in sayings),
        "MiB": resident_mib,
    }


@contextmanager
def _peers(count: int, system: Processes) -> Iterator[list[Spawned]]:
    with ExitStack() as stack:
        peers = []
        for _ in range(count):
            peer = Spawned("scripts.bench.peer")
            stack.callback(peer.end)
            peer.ask("come", system.endpoint, True)
            peers.append(peer)
        yield peers
