"""The arrival: how many connections a second come and join, and what one costs a server.

Each socket sends, one after the other: the WebSocket's handshake, `40`, and `42["join", …]` once
it has got `40{sid}`. It has arrived with the ack of its join and a replay of 50 lines. Peers keep
no lines: their join puts the socket into the room and acks. Only the floor, a server in C, sends as
many lines: its figures are what the load itself can do, beside the kernel.

The same by polling, beside stock: each packet is a POST, the answers come by GET, and who has
joined polls on. And by upgrade, as a stock client does it by default: the session is opened by
polling, a WebSocket is probed and takes its place, and then come `40` and the join.

All servers of a peer run on one core and the load on another, unless `--free`. Each round starts
every server anew; the median of the rounds counts. `ms` is the CPU time of all processes of a
server for one connection, its closing not included.
"""

import argparse
import time
from contextlib import ExitStack
from statistics import median
from typing import Literal

from scripts.bench import servers
from scripts.bench.cores import on_core
from scripts.bench.measuring import cpu_s
from scripts.bench.report import Aim, Report, Row, ratio
from scripts.bench.servers import Missing, Server
from scripts.load.person import Plan
from scripts.load.spawned import LoadError
from scripts.load.speaking import Speech
from scripts.load.tally import Tally
from scripts.load.workers import BUSY, Workers, plan_name
from scripts.progress import Progress

Transport = Literal["websocket", "polling", "upgrade"]

WITHIN_S = 120.0
BY_POLLING = ("hubbub", "stock")
"""The servers that polling and upgrade are measured with."""
LINES = 50
"""What HUBBUB_REPLAY is by default."""
SOURCES = 16
"""With a single source address, the kernel's search for a free port takes half of the load's CPU
when 15,000 are connected."""
FILL_RATE = 200.0
"""Lines a second, until there are enough."""
SERVERS_CORE, LOAD_CORE = 0, 1


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sockets", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--polling", type=int, default=1000, help="sockets by polling and upgrade")
    parser.add_argument("--only", choices=("websocket", "polling", "upgrade"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--at-once", type=int, default=100, help="connections that are being made at one time"
    )
    parser.add_argument(
        "--servers", default="hubbub,node,stock,floor", help="with commas; also uws"
    )
    parser.add_argument(
        "--free", action="store_true", help="let each process run on the core that it likes"
    )


def run(args: argparse.Namespace, progress: Progress) -> Report:
    report = Report(
        "arrive",
        ["server", "by", "sockets"],
        {"joined/s": "connections joined a second", "ms": "CPU of one, ms"},
    )
    for transport in ("websocket", "polling", "upgrade"):
        if args.only in (None, transport):
            _measure(args, transport, progress, report)
    if not args.free:
        report.notes.append("all processes of a server on one core, the load on another")
    if any(row["load"] > BUSY for row in report.rows if row["server"] != "floor"):
        report.notes.append(f"the load took over {BUSY:.0%} of a core: it was the bottleneck")
    return report


def _measure(
    args: argparse.Namespace, transport: Transport, progress: Progress, report: Report
) -> None:
    """Adds the rows and the aims of one transport."""
    by_websocket = transport == "websocket"
    beside, least = ("node", 3.0) if by_websocket else ("stock", 1.5)
    names = [one for one in args.servers.split(",") if by_websocket or one in BY_POLLING]
    for sockets in args.sockets if by_websocket else [args.polling]:
        rows = _rows(args, names, sockets, transport, progress, report)
        report.rows += rows.values()
        if beside in rows and "hubbub" in rows:
            what = f"{sockets} by {transport}: joined a second, of {beside}'s"
            one = ratio(rows["hubbub"]["joined/s"], rows[beside]["joined/s"])
            report.aims.append(Aim(what, one, least=least))


def _rows(
    args: argparse.Namespace,
    names: list[str],
    sockets: int,
    transport: Transport,
    progress: Progress,
    report: Report,
) -> dict[str, Row]:
    """The rows of the servers that could be run, by their names."""
    rounds: dict[str, list[Row]] = {}
    missing: set[str] = set()
    for number in range(args.rounds):
        for name in names:
            if name in missing:
                continue
            round_ = f"round {number + 1} of {args.rounds}"
            progress.step(f"{sockets} come to {name} by {transport}, {round_}")
            try:
                row = _arrive(args, sockets, name, transport, progress)
            except Missing as error:
                missing.add(name)
                report.notes.append(f"{name} is left out: {error}")
                continue
            rounds.setdefault(name, []).append(row)
    return {name: _middle(name, transport, sockets, rows) for name, rows in rounds.items()}


def _middle(name: str, transport: Transport, sockets: int, rounds: list[Row]) -> Row:
    """The row of one server: the median of each figure."""
    figures = {figure: median(one[figure] for one in rounds) for figure in rounds[0]}
    each = [round(one["joined/s"]) for one in rounds]
    labels = {"server": name, "by": transport, "sockets": sockets}
    return {**labels, **figures, "joined/s each round": each}


def _arrive(
    args: argparse.Namespace, sockets: int, name: str, transport: Transport, progress: Progress
) -> Row:
    """The figures of one server and one round."""
    with ExitStack() as stack:
        with on_core(SERVERS_CORE, not args.free):
            server = stack.enter_context(getattr(servers, name)())
        stack.enter_context(on_core(LOAD_CORE, not args.free))
        if name == "hubbub":
            _fill(server, stack)
        plan = Plan(
            server.urls,
            "bench",
            plan_name(),
            at_once=args.at_once,
            join_by_event=True,
            awaits_replay=True,
            transport=transport,
            sources=SOURCES,
        )
        workers = stack.enter_context(Workers(plan))
        workers.clear()
        used_s = [cpu_s([pid]) for pid in server.pids]
        began = time.monotonic()
        tally = workers.join(sockets, WITHIN_S, lambda t: progress.show(t.joined, t.people))
        used_s = [cpu_s([pid]) - before for pid, before in zip(server.pids, used_s, strict=True)]
    took_s = tally.last_join_at - began
    _check(name, tally)
    return {
        "joined/s": sockets / took_s,
        "ms": sum(used_s) * 1000 / sockets,
        **_parts_ms(name, used_s, sockets),
        "lines": tally.deliveries / sockets,
        "load": round(tally.cpu_s / took_s, 2),
    }


def _parts_ms(name: str, used_s: list[float], sockets: int) -> Row:
    if name != "hubbub":
        return {}
    broker_s, gateway_s = used_s
    return {"ms of gateway": gateway_s * 1000 / sockets, "ms of broker": broker_s * 1000 / sockets}


def _fill(server: Server, stack: ExitStack) -> None:
    """Somebody comes, says LINES lines or more, and stays."""
    talker = stack.enter_context(Workers(Plan(server.urls, "bench", plan_name())))
    talker.join(1, WITHIN_S)
    spoken = talker.speak(Speech(FILL_RATE, WITHIN_S), enough=lambda tally: tally.sent >= LINES)
    if spoken.tally.acked < LINES:
        raise LoadError(f"{spoken.tally.acked} of {LINES} lines were acked")


def _check(name: str, tally: Tally) -> None:
    """Raises LoadError if somebody has joined without the lines, or not at the first try."""
    if tally.why:
        raise LoadError(f"connections of {name} failed: {tally.why}")
    if name in ("hubbub", "floor") and list(tally.seen) != [LINES]:
        raise LoadError(f"{name} replayed other than {LINES} lines: {tally.seen}")
