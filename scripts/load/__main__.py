"""Puts load on a running system: people in one room, messages a second; counts what arrives.

python -m scripts.load http://127.0.0.1:4000 --people 1000 --rate 20

Several addresses are several gateways of one system. With `--arrive R`, R people come a second,
however fast they are answered, and the time to joined counts from when each was due. The exit
status is 0 only if all people joined and each of them got every message once.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from common.descriptors import raise_descriptor_limit
from scripts import cli
from scripts.load.person import Plan
from scripts.load.spawned import LoadError
from scripts.load.speaking import Speech
from scripts.load.tally import Tally, percentile_ms, surplus
from scripts.load.workers import (
    BUSY,
    SPARE,
    Spoken,
    Workers,
    plan_name,
)
from scripts.progress import Progress

AT_ONCE = 100
SPEAKER_RATE = 8.0
"""Messages a second of one speaker: below the default of HUBBUB_MESSAGE_RATE."""


def main(arguments: Sequence[str]) -> int:
    args = _parse(arguments)
    speakers = args.speakers or max(1, min(args.people, math.ceil(args.rate / SPEAKER_RATE)))
    processes = args.processes or 1 + args.people // (raise_descriptor_limit() - SPARE)
    progress = Progress("load")
    plan = Plan(
        urls=args.urls,
        room=args.room,
        name=plan_name(),
        at_once=args.at_once or (args.people if args.arrive else AT_ONCE),
        per_second=args.arrive,
        sources=8 if args.people > 10_000 else 1,
    )
    speech = Speech(args.rate, args.seconds, speakers, args.size)
    try:
        with Workers(plan, processes) as workers:
            progress.step(f"{args.people} people join")
            came = workers.join(
                args.people, args.within, lambda tally: progress.show(tally.joined, args.people)
            )
            workers.wait_idle()
            progress.step(f"{speakers} of them send {args.rate:g} messages a second")
            expected = args.rate * args.seconds * args.people
            spoken = workers.speak(speech, lambda t: progress.show(t.deliveries, expected))
            progress.end()
    except (LoadError, OSError, KeyboardInterrupt) as error:
        progress.end()
        print(f"load: {str(error) or 'stopped'}", file=sys.stderr)
        return 1
    figures = _figures(came, spoken, args)
    print(json.dumps(figures) if args.json else _table(figures))
    if max(came.busiest, spoken.busiest) > BUSY:
        print("load: the load itself was the bottleneck: give it more --processes", file=sys.stderr)
    good = not figures["deliveries lost"] and not figures["deliveries twice"] and spoken.tally.sent
    return 0 if good else 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts.load", description="Puts load on a running system."
    )
    parser.add_argument("urls", nargs="+", metavar="URL", help="gateways, as http://host:port")
    parser.add_argument("--people", type=int, default=100, help="who join the room")
    parser.add_argument(
        "--rate", type=float, default=10.0, help="messages a second, of all speakers together"
    )
    parser.add_argument("--room", default="load")
    parser.add_argument("--seconds", type=float, default=10.0, help="in which messages are sent")
    parser.add_argument("--size", type=int, default=40, help="characters of a message")
    parser.add_argument(
        "--speakers", type=int, default=0, help="people who send; 0: one for 8 messages a second"
    )
    parser.add_argument(
        "--processes", type=int, default=0, help="of the load; 0: as few as descriptors allow"
    )
    parser.add_argument(
        "--arrive",
        type=float,
        default=0.0,
        metavar="R",
        help="people who come a second; 0: as fast as they are answered",
    )
    parser.add_argument(
        "--at-once",
        type=int,
        default=0,
        help="connections that one process makes at one time; 0: 100, and no limit with --arrive",
    )
    parser.add_argument(
        "--within", type=float, default=120.0, help="seconds for all people to join"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args(arguments)
    for url in args.urls:
        if urlsplit(url).scheme != "http":
            parser.error(f"{url}: the load speaks http only")
    if args.arrive < 0 or args.at_once < 0:
        parser.error("--arrive and --at-once must not be below 0")
    if not (args.people > 0 and args.rate > 0 and args.seconds > 0):
        parser.error("--people, --rate and --seconds must be above 0")
    return args


def _figures(came: Tally, spoken: Spoken, args: argparse.Namespace) -> dict[str, float]:
    tally = spoken.tally
    acks = tally.acks.get("chat", {})
    return {
        "people": args.people,
        "joins a second": round(args.people / came.wall_s, 1),
        "joined p50 ms": percentile_ms(came.joins, 0.5),
        "joined p99 ms": percentile_ms(came.joins, 0.99),
        "messages said": tally.sent,
        "messages acked": tally.acked,
        "messages refused": sum(tally.refused.values()),
        "deliveries": tally.deliveries,
        "deliveries a second": round(tally.deliveries / max(spoken.seconds, 0.001)),
        "deliveries lost": spoken.lost,
        "deliveries twice": surplus(tally, tally.sent),
        "connections lost": tally.lost,
        "bytes a delivery": round(tally.bytes / max(tally.deliveries, 1), 1),
        "delivery p50 ms": percentile_ms(tally.latency, 0.5),
        "delivery p99 ms": percentile_ms(tally.latency, 0.99),
        "ack p50 ms": percentile_ms(acks, 0.5),
        "ack p99 ms": percentile_ms(acks, 0.99),
        "load, share of a core": round(spoken.busiest, 2),
    }


def _table(figures: dict[str, float]) -> str:
    return "\n".join(f"{name:24} {figure:12,g}" for name, figure in figures.items())


if __name__ == "__main__":
    cli.end(main, output_is_the_result=True)
