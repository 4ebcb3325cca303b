"""The storm: gateways die, and all their people come back through others, with what they missed.

Some people stay at the gateways that live: they go on talking, and their acks and pings are
measured meanwhile. Beside it, in the same run: how long peers take to accept as many connections,
which join a room and have nothing to catch up with. `ms` is the CPU time of a server for one
socket; of Hubbub's it includes what those who stayed say and hear. With `--gateways N`, N gateways
die, N others live, and a peer has N processes.
"""

import argparse
import time
from contextlib import ExitStack
from itertools import chain

from common.descriptors import raise_descriptor_limit
from scripts.bench import servers
from scripts.bench.measuring import cpu_s
from scripts.bench.report import Aim, Report, Row, ratio
from scripts.bench.servers import Missing, hubbub_system
from scripts.load.person import Plan
from scripts.load.spawned import LoadError
from scripts.load.speaking import Speech
from scripts.load.tally import Tally, merge_ticks, percentile_ms, ticks_since
from scripts.load.workers import SPARE, Workers, plan_name
from scripts.processes import Processes
from scripts.progress import Progress

AT_ONCE = 100
IN_PROCESS = 12_500
"""Sockets of one process of the load."""
SOURCES = 16
"""The sockets come from so many loopback addresses: one has 28,000 ports, and the kernel's search
for a free one is slow long before."""
REQUESTS_PER_S, MOST_MESSAGES_PER_S = 50.0, 5.0
"""What those who stay do: pings, and so many messages among them at most."""
DELIVERIES_PER_S = 25_000
"""In a large crowd there are fewer messages, so that the machine has time for those who come."""
OF_A_PEER = {"node": 0.5, "stock": 1.0}
"""The most that coming back may take, as a share of the time in which this peer accepts as many."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, nargs="+", default=[5000, 10_000])
    parser.add_argument("--gateways", type=int, default=1, help="that die, and as many that live")
    parser.add_argument("--stay", type=int, default=300, help="people at the gateways that live")
    parser.add_argument(
        "--servers", default="node", help="peers, with commas: node, stock; empty for none"
    )
    parser.add_argument(
        "--within", type=float, default=180.0, help="seconds for everybody to come, or come back"
    )
    parser.add_argument("--after", type=float, default=1.0, help="seconds until all are counted; "
                        "above lease and grace, 45 s, it shows who was given up")  # fmt: skip


def run(args: argparse.Namespace, progress: Progress) -> Report:
    report = Report(
        "storm", ["server", "sockets"], {"seconds": "seconds until all are back, or are in"}
    )
    for sockets in args.sockets:
        _check_descriptors(sockets, args)
        with hubbub_system(gateways=2 * args.gateways) as system:
            ours = _storm(args, sockets, system, progress)
        report.rows.append(ours)
        for name in filter(None, args.servers.split(",")):
            try:
                theirs = _accept(args, sockets, name, progress)
            except Missing as missing:
                report.notes.append(f"{name} is left out: {missing}")
                continue
            report.rows.append(theirs)
            if name not in OF_A_PEER:
                continue
            what = f"{sockets}: time until all have caught up, of {name}'s to accept them"
            one = ratio(ours["seconds"], theirs["seconds"])
            report.aims.append(Aim(what, one, most=OF_A_PEER[name]))
        report.aims += [
            Aim(f"{sockets}: events that somebody missed, or saw twice", ours["missed"], most=0),
            Aim(f"{sockets}: people who left, or were not counted", ours["gone"], most=0),
            Aim(f"{sockets}: p99 ms of acks of those who stayed", ours["ack p99 ms"], most=100),
            Aim(f"{sockets}: p99 ms of their pings", ours["ping p99 ms"], most=100),
        ]
    return report


def _check_descriptors(sockets: int, args: argparse.Namespace) -> None:
    """Raises LoadError if a gateway could not hold its share of the sockets."""
    limit = raise_descriptor_limit()
    most = limit - SPARE - args.stay
    if sockets > most * args.gateways:
        raise LoadError(
            f"`ulimit -n` is {limit}: a gateway holds {most} sockets then, and {sockets} need "
            f"--gateways {-(-sockets // most)}, or a higher limit"
        )


def _requests(sockets: int) -> tuple[str, ...]:
    """The kinds of requests of those who stay, in turn: a message among pings."""
    messages_per_s = min(MOST_MESSAGES_PER_S, DELIVERIES_PER_S / sockets)
    return ("chat", *["ping"] * (round(REQUESTS_PER_S / messages_per_s) - 1))


def _processes(sockets: int) -> int:
    """How many processes of the load hold so many sockets."""
    return -(-sockets // min(IN_PROCESS, raise_descriptor_limit() - SPARE))


def _storm(args: argparse.Namespace, sockets: int, system: Processes, progress: Progress) -> Row:
    dying, living = system.gateways[: args.gateways], system.gateways[args.gateways :]
    plan = Plan(
        [gateway.url for gateway in chain.from_iterable(zip(dying, living, strict=True))],
        "bench",
        plan_name(),
        stride=2,  # every second gateway: those that die; the next one of each lives
        at_once=AT_ONCE,
        inspects=True,
        reconnects=True,
        awaits_replay=True,
        sources=SOURCES,
    )
    staying = Plan([gateway.url for gateway in living], "bench", plan_name())
    requests = _requests(sockets)
    talk = Speech(REQUESTS_PER_S, 3 * args.within, args.stay, requests=requests)
    with Workers(plan, _processes(sockets)) as crowd, Workers(staying) as stayers:
        progress.step(f"{sockets} people come")
        came = crowd.join(sockets, args.within, lambda t: progress.show(t.joined, t.people))
        stayers.join(args.stay, args.within)
        crowd.wait_idle()
        crowd.clear()
        stayers.begin(talk)
        crowd.wait(lambda tally: tally.deliveries >= 2 * sockets, args.within)
        progress.step(f"{args.gateways} of {2 * args.gateways} gateways are killed")
        acks = stayers.read_tally().acks
        broker, gateways = [system.broker.pid], [gateway.pid for gateway in living]
        before_s = cpu_s(broker), cpu_s(gateways)
        began = time.monotonic()
        for gateway in dying:
            gateway.kill()
        joined = crowd.wait(
            lambda t: t.lost >= sockets and t.joined == sockets,
            args.within,
            lambda t: progress.show(t.joined if t.lost >= sockets else 0, t.people),
        )
        said = stayers.read_tally().sent
        back = crowd.wait(lambda tally: _caught_up(tally, said), args.within)
        stayed = stayers.read_tally()
        broker_s, gateways_s = cpu_s(broker) - before_s[0], cpu_s(gateways) - before_s[1]
        time.sleep(args.after)
        stayers.stop_speaking()
        crowd.wait_idle()
        crowd.join(1, args.within)  # the ack of this join has the count of the room
        end = crowd.read_tally()
    if end.lost > sockets:
        raise LoadError(f"{end.lost - sockets} were lost once more: {end.why}")
    waited = {kind: ticks_since(acks.get(kind, {}), stayed.acks[kind]) for kind in set(requests)}
    return {
        "server": "hubbub",
        "sockets": sockets,
        "came in s": came.wall_s,
        "seconds": joined.last_join_at - began,
        "ms": (broker_s + gateways_s) * 1000 / sockets,
        "ms of gateways": gateways_s * 1000 / sockets,
        "ms of broker": broker_s * 1000 / sockets,
        "missed": end.holes + end.repeats + end.not_recovered,
        "gone": end.leaves + sockets + args.stay + 1 - end.count,
        "ack p99 ms": percentile_ms(waited["chat"], 0.99),
        "ping p99 ms": percentile_ms(waited["ping"], 0.99),
        "longest ms": percentile_ms(merge_ticks(waited.values()), 1.0),
        "load": round(back.busiest, 2),
        "tries that failed": sum(back.why.values()) - back.lost,
    }


def _caught_up(tally: Tally, said: int) -> bool:
    """Whether every socket has got so many messages since it was last counted."""
    return min(tally.seen) >= said


def _accept(args: argparse.Namespace, sockets: int, name: str, progress: Progress) -> Row:
    """How long a peer takes to accept as many, who join a room."""
    with ExitStack() as stack:
        peers = [stack.enter_context(getattr(servers, name)()) for _ in range(args.gateways)]
        plan = Plan(
            [url for peer in peers for url in peer.urls],
            "bench",
            plan_name(),
            at_once=AT_ONCE,
            sources=SOURCES,
        )
        workers = stack.enter_context(Workers(plan, _processes(sockets)))
        progress.step(f"{sockets} people come to {name}")
        pids = [pid for peer in peers for pid in peer.pids]
        before_s, began = cpu_s(pids), time.monotonic()
        tally = workers.join(sockets, args.within, lambda t: progress.show(t.joined, t.people))
        used_s = cpu_s(pids) - before_s
    took_s = tally.last_join_at - began
    return {
        "server": name,
        "sockets": sockets,
        "came in s": took_s,
        "seconds": took_s,
        "ms": used_s * 1000 / sockets,
        "load": round(tally.busiest, 2),
    }
