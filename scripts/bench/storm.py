"""The storm: a gateway dies, and all its people come back through another, with what they missed.

Somebody goes on talking meanwhile. Beside it, in the same run: how long stock python-socketio takes
to accept as many connections, which join a room and have nothing to catch up with.
"""

import argparse
import time

from scripts.bench.report import Aim, Report, Row
from scripts.bench.servers import hubbub_system, stock
from scripts.load.person import Plan
from scripts.load.spawned import LoadError
from scripts.load.speaking import Speech
from scripts.load.tally import Tally
from scripts.load.workers import Workers, plan_name
from scripts.processes import Processes
from scripts.progress import Progress

WITHIN_S = 180.0
AT_ONCE = 100
IN_PROCESS = 12_500
"""Sockets of one process of the load."""
TALK = Speech(rate=5, seconds=WITHIN_S)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, default=2000)
    parser.add_argument("--after", type=float, default=1.0, help="seconds until all are counted; "
                        "above lease and grace, 45 s, it shows who was given up")  # fmt: skip


def run(args: argparse.Namespace, progress: Progress) -> Report:
    with hubbub_system(gateways=2) as system:
        ours = _storm(args, system, progress)
    theirs = _stock(args, progress)
    return Report(
        "storm",
        ["server", "sockets"],
        {"seconds": "seconds until all are back"},
        [ours, theirs],
        [
            Aim("seconds until all have caught up", ours["seconds"], most=theirs["seconds"]),
            Aim("events that somebody missed, or saw twice", ours["missed"], most=0),
            Aim("people who left, or were not counted", ours["gone"], most=0),
        ],
    )


def _storm(args: argparse.Namespace, system: Processes, progress: Progress) -> Row:
    plan = Plan(
        system.urls, "bench", plan_name(), True, at_once=AT_ONCE, inspects=True, reconnects=True
    )
    talk = Plan(system.urls[1:], "bench", plan_name())
    with Workers(plan, 1 + args.sockets // IN_PROCESS) as crowd, Workers(talk) as talker:
        progress.step(f"{args.sockets} people come")
        came = crowd.join(args.sockets, WITHIN_S, lambda t: progress.show(t.joined, t.people))
        talker.join(1, WITHIN_S)
        crowd.wait_idle()
        crowd.clear()
        talker.begin(TALK)
        crowd.wait(lambda tally: tally.deliveries >= 2 * args.sockets, WITHIN_S)
        progress.step("their gateway is killed")
        began = time.monotonic()
        system.gateways[0].kill()
        crowd.wait(
            lambda t: t.lost >= args.sockets and t.joined == args.sockets,
            WITHIN_S,
            lambda t: progress.show(t.joined if t.lost >= args.sockets else 0, t.people),
        )
        in_s = time.monotonic() - began
        said = talker.read_tally().sent
        back = crowd.wait(lambda t: _caught_up(t, said), WITHIN_S)
        caught_up_s = time.monotonic() - began
        time.sleep(args.after)
        talker.stop_speaking()
        crowd.wait_idle()
        crowd.join(1, WITHIN_S)  # the ack of this join has the count of the room
        end = crowd.read_tally()
    if end.lost > args.sockets:
        raise LoadError(f"{end.lost - args.sockets} were lost once more: {end.why}")
    return {
        "server": "hubbub",
        "sockets": args.sockets,
        "came in s": came.wall_s,
        "all in s": in_s,
        "seconds": caught_up_s,
        "missed": end.holes + end.repeats + end.not_recovered,
        "gone": end.leaves + args.sockets + 2 - end.count,
        "load": round(back.busiest, 2),
        "tries that failed": sum(back.why.values()) - back.lost,
    }


def _caught_up(tally: Tally, said: int) -> bool:
    """Waits until every socket has got so many messages since it was last counted."""
    return min(tally.seen) >= said


def _stock(args: argparse.Namespace, progress: Progress) -> Row:
    processes = 1 + args.sockets // IN_PROCESS
    with (
        stock() as server,
        Workers(Plan(server.urls, "bench", plan_name(), at_once=AT_ONCE), processes) as workers,
    ):
        progress.step(f"{args.sockets} people come to stock")
        tally = workers.join(args.sockets, WITHIN_S, lambda t: progress.show(t.joined, t.people))
    return {
        "server": "stock",
        "sockets": args.sockets,
        "came in s": tally.wall_s,
        "seconds": tally.wall_s,
        "load": round(tally.busiest, 2),
    }
