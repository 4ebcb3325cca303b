"""The page: frames, nodes and heap in a busy room; bytes, requests and time of a load.

A load is on a slow network (3G) with a slow processor. Two cores that everything shares make frames
late: run it on a quiet machine.
"""

import argparse
import time
from typing import TYPE_CHECKING

from scripts.bench.chromium import SLOW_CPU, Tab, chromium
from scripts.bench.report import Aim, Report, Row
from scripts.bench.servers import hubbub_system
from scripts.load.person import Plan
from scripts.load.speaking import Speech
from scripts.load.workers import Workers, plan_name
from scripts.progress import Progress

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOM = "bench"
SPEAKERS = 4
JOIN_S = 30.0
FILL_RATE = 500.0
RATES = ((20, 20.0), (200, 34.0))
"""Messages a second, and the bound of the 95th percentile of frame times in ms."""
LONG_MS = 50.0
SETTLE_S = 2.0
"""Seconds before frames are timed, so that page and rate of messages are steady."""
HEAP_LOOKS = 10
HEAP_GROWTH = 1.15
"""Bound of the ratio of the last third of the heap sizes to the first: more is a leak."""
FIRST_BYTES, FIRST_REQUESTS, FIRST_S = 45_000, 6, 7.0
WARM_REQUESTS, WARM_S = 2, 4.0


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=2000, help="messages in the room at first")
    parser.add_argument(
        "--seconds",
        type=float,
        default=15.0,
        help="seconds at each rate",
    )
    parser.add_argument("--heap-seconds", type=float, default=0.0,
                        help="of talk at the first rate, in which the heap is to stay as it is; "
                        "0: none")  # fmt: skip
    parser.add_argument("--only", choices=("frames", "load"))


def run(args: argparse.Namespace, progress: Progress) -> Report:
    report = Report(
        "page",
        ["what"],
        {"p50 ms": "frames, p50, ms", "p95 ms": "frames, p95, ms", "joined s": "joined, s"},
    )
    with (
        hubbub_system() as system,
        chromium() as browser,
        Workers(Plan(system.urls, ROOM, plan_name())) as workers,
    ):
        progress.step(f"{args.lines} lines are said")
        workers.join(SPEAKERS, JOIN_S)
        workers.speak(Speech(FILL_RATE, args.lines / FILL_RATE, SPEAKERS))
        url = f"{system.urls[0]}/#{ROOM}"
        if args.only != "frames":
            _loads(browser, url, report, progress)
        if args.only != "load":
            _frames(args, browser, url, workers, report, progress)
    return report


def _loads(browser: "Browser", url: str, report: Report, progress: Progress) -> None:
    """Loads the page with an empty browser cache, and then once more."""
    first: Tab | None = None
    for what in ("first load", "warm load"):
        progress.step(f"{what} on slow 3G, a processor {SLOW_CPU} times slower")
        tab = Tab(browser, url, beside=first)
        tab.count()
        tab.slow_down()
        joined_s = tab.open()
        report.rows.append(
            {"what": what, "requests": len(tab.requests), "bytes": tab.bytes, "joined s": joined_s}
        )
        tab.close()
        first = first or tab
    cold, warm = report.rows[-2:]
    report.aims += [
        Aim("first load: bytes", cold["bytes"], most=FIRST_BYTES),
        Aim("first load: requests", cold["requests"], most=FIRST_REQUESTS),
        Aim("first load: joined on slow 3G, s", cold["joined s"], most=FIRST_S),
        Aim("warm load: requests", warm["requests"], most=WARM_REQUESTS),
        Aim("warm load: joined on slow 3G, s", warm["joined s"], most=WARM_S),
    ]


def _frames(
    args: argparse.Namespace,
    browser: "Browser",
    url: str,
    workers: Workers,
    report: Report,
    progress: Progress,
) -> None:
    tab = Tab(browser, url)
    tab.open()
    workers.speak(Speech(FILL_RATE, 1.0, SPEAKERS))  # the page has all rows that it keeps
    for rate, most_ms in RATES:
        progress.step(f"{rate} messages a second")
        workers.begin(Speech(rate, SETTLE_S + args.seconds + 1, SPEAKERS, lazy=True))
        time.sleep(SETTLE_S)
        nodes = tab.nodes()
        row = _row(f"{rate} messages/s", tab, tab.frames_ms(args.seconds))
        workers.stop_speaking()
        workers.wait_idle()
        row["nodes more"] = tab.nodes() - nodes
        report.rows.append(row)
        report.aims += [
            Aim(f"{rate} messages/s: frames, p95 ms", row["p95 ms"], most=most_ms),
            Aim(f"{rate} messages/s: child nodes more", row["nodes more"], most=0),
        ]
    if args.heap_seconds:
        _heap(args, tab, workers, report, progress)


def _heap(
    args: argparse.Namespace, tab: Tab, workers: Workers, report: Report, progress: Progress
) -> None:
    """Measures the heap ten times, each time after a garbage collection."""
    rate = RATES[0][0]
    progress.step(f"the heap, {args.heap_seconds:g} s at {rate} messages a second")
    workers.begin(Speech(rate, args.heap_seconds + SETTLE_S, SPEAKERS, lazy=True))
    time.sleep(SETTLE_S)
    nodes, frames_ms, heap = tab.nodes(), list[float](), [tab.heap_mb()]
    for index in range(HEAP_LOOKS):
        progress.show(index, HEAP_LOOKS, f"{heap[-1]:.1f} MB")
        frames_ms += tab.frames_ms(args.heap_seconds / HEAP_LOOKS)
        heap.append(tab.heap_mb())
    workers.stop_speaking()
    row = _row(f"{rate} messages/s for {args.heap_seconds:g} s", tab, frames_ms)
    row["nodes more"] = tab.nodes() - nodes
    row["heap MB"] = heap[-1]
    third = len(heap) // 3
    growth = sum(heap[-third:]) / sum(heap[:third])
    report.rows.append(row)
    report.aims += [
        Aim(f"{row['what']}: frames, p95 ms", row["p95 ms"], most=RATES[0][1]),
        Aim(f"{row['what']}: child nodes more", row["nodes more"], most=0),
        Aim(f"{row['what']}: heap, last third to first", growth, most=HEAP_GROWTH),
    ]
    report.notes.append("heap, MB: " + ", ".join(f"{size:.1f}" for size in heap))


def _row(what: str, tab: Tab, frames_ms: list[float]) -> Row:
    times = sorted(frames_ms)
    return {
        "what": what,
        "rows": tab.rows(),
        "frames": len(times),
        "p50 ms": times[len(times) // 2],
        "p95 ms": times[int(len(times) * 0.95)],
        "longest ms": times[-1],
        f"over {LONG_MS:g} ms": sum(each > LONG_MS for each in times),
    }
