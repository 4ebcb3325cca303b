"""The latency: how soon a message is heard and answered, on an idle gateway and beside a crowd.

Times begin at the send, so they have the commit in them. Beside a crowd that is served at a share
of its limit, ten people of another room on the same gateway talk, ask for participants and ping.
"""

import argparse
from urllib.parse import urlsplit

from scripts.bench import servers
from scripts.bench.measuring import longest, metric
from scripts.bench.report import Aim, Report, Row
from scripts.bench.throughput import SPEAKERS, most
from scripts.load.person import Plan
from scripts.load.speaking import Speech
from scripts.load.tally import Ticks, percentile_ms
from scripts.load.workers import BUSY, Workers, plan_name
from scripts.progress import Progress

JOIN_S = 120.0
SHARE = 0.8
"""Share of the highest rate at which the crowd can be served."""
ASKERS = 10
ASKS = 90.0
"""Messages a second, of all askers together."""
ASKED = ("chat", "participants", "ping")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--people", type=int, default=100, help="sockets on the idle gateway")
    parser.add_argument("--crowd", type=int, default=1000, help="sockets beside the askers")
    parser.add_argument("--rate", type=float, default=0.0, help="the highest message rate that "
                        "the crowd can take; 0: search it")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=10.0)


def run(args: argparse.Namespace, progress: Progress) -> Report:
    report = Report("latency", ["what"], {"p50 ms": "p50, ms", "p99 ms": "p99, ms"})
    for name in ("hubbub", "stock"):
        with getattr(servers, name)() as server:
            _light(args, server, report, progress)
            if name == "hubbub":
                _beside_a_crowd(args, server, report, progress)
    rows = {row["what"]: row for row in report.rows}
    for what in ASKED:
        p99_ms = rows[f"hubbub, crowd: {what}"]["p99 ms"]
        report.aims.append(Aim(f"beside a crowd: {what}, p99 ms", p99_ms, most=100.0))
    return report


def _light(
    args: argparse.Namespace, server: servers.Server, report: Report, progress: Progress
) -> None:
    """Ten messages a second."""
    with Workers(Plan(server.urls, "bench", plan_name())) as workers:
        progress.step(f"{args.people} people on an idle {server.name}")
        workers.join(args.people, JOIN_S)
        workers.wait_idle()
        workers.speak(Speech(10, 1))
        before = _commits(server)
        spoken = workers.speak(
            Speech(10, args.seconds, speakers=2),
            lambda tally: progress.show(tally.sent, 10 * args.seconds),
        )
    if server.broker_http:
        total_s, count = (b - a for a, b in zip(before, _commits(server), strict=True))
        report.aims += _aims(spoken.tally.latency, total_s / max(count, 1) * 1e3)
    report.rows += [
        _row(f"{server.name}, idle: heard", spoken.tally.latency),
        _row(f"{server.name}, idle: acked", spoken.tally.acks.get("chat", {})),
    ]


def _commits(server: servers.Server) -> tuple[float, float]:
    """Seconds that the broker has spent in commits, and the number of commits."""
    if not server.broker_http:
        return 0.0, 0.0
    name = "hubbub_broker_commit_seconds"
    return metric(server.broker_http, f"{name}_sum"), metric(server.broker_http, f"{name}_count")


def _aims(heard: Ticks, commit_ms: float) -> list[Aim]:
    less = f"less a mean commit of {commit_ms:.1f} ms"
    return [
        Aim(f"idle: heard, p50 ms, {less}", percentile_ms(heard, 0.5) - commit_ms, most=2.0),
        Aim(f"idle: heard, p99 ms, {less}", percentile_ms(heard, 0.99) - commit_ms, most=10.0),
    ]


def _beside_a_crowd(
    args: argparse.Namespace, server: servers.Server, report: Report, progress: Progress
) -> None:
    with (
        Workers(Plan(server.urls, "bench", plan_name(), reconnects=True)) as crowd,
        Workers(Plan(server.urls, "aside", plan_name())) as askers,
    ):
        progress.step(f"{args.crowd} people of a crowd come")
        crowd.join(args.crowd, JOIN_S, lambda t: progress.show(t.joined, t.people))
        askers.join(ASKERS, JOIN_S)
        rate = args.rate
        if not rate:
            progress.step("how much can the crowd be served with?")
            rate, _ = most(
                crowd, 50, 3.0, 16, lambda rate: progress.show(0, 1, f"{rate:.0f} messages/s")
            )
        crowd.wait_idle()
        progress.step(f"others ask, while the crowd hears {rate * SHARE:.0f} messages a second")
        crowd.begin(Speech(rate * SHARE, args.seconds + 1, SPEAKERS, lazy=True))
        spoken = askers.speak(
            Speech(ASKS, args.seconds, ASKERS, requests=ASKED),
            lambda tally: progress.show(tally.sent, ASKS / len(ASKED) * args.seconds),
        )
        busy = crowd.read_tally()
    report.rows += [
        _row("hubbub, crowd: heard by it", busy.latency),
        *(_row(f"hubbub, crowd: {what}", spoken.tally.acks.get(what, {})) for what in ASKED),
    ]
    report.notes.append(
        f"the crowd: {args.crowd} sockets at {rate * SHARE:.0f} messages/s, {SHARE:.0%} of the "
        f"most; heard {busy.deliveries / busy.wall_s:,.0f} a second"
    )
    pause_s = longest(urlsplit(server.urls[0]).netloc, "hubbub_gateway_gc_pause_seconds")
    report.notes.append(
        f"no pause of the gateway's garbage collector was over {pause_s * 1e3:g} ms"
    )
    if busy.busiest > BUSY:
        report.notes.append("the load was the bottleneck of the crowd, not the server")


def _row(what: str, ticks: Ticks) -> Row:
    return {
        "what": what,
        "p50 ms": percentile_ms(ticks, 0.5),
        "p99 ms": percentile_ms(ticks, 0.99),
        "longest ms": percentile_ms(ticks, 1.0),
        "of": sum(ticks.values()),
    }
