"""scripts/bench: each benchmark runs on small systems that it starts and ends; and its report.

What else runs: scripts/bench/chromium.py, scripts/bench/peer.py with scripts/load/spawned.py,
scripts/bench/restart.py, scripts/bench/stock.py, scripts/bench/measuring.py,
scripts/bench/cores.py, scripts/progress.py; and scripts/bench/uws_server.py only where it can
be installed.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.bench import arrive, broker, crowd, fanout, join, latency, page, plots, storm
from scripts.bench.report import Aim, Report, ratio
from scripts.bench.throughput import CLOSE, highest
from tests.support.surroundings import need_tool

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]


RUNS = {
    "cost": "fanout --only cost --sockets 20 --rounds 1 --seconds 0.4",
    "throughput": "fanout --only throughput --servers floor --sockets 20 --begin 400 --steps 2",
    "latency": "latency --people 10 --crowd 20 --rate 50 --seconds 1",
    "join": "join --members 70 --joins 30 --idle 0.2 --rush 50 --rush-seconds 0.5",
    "arrive": "arrive --sockets 30 --polling 10 --rounds 2 --servers hubbub,stock,floor",
    "storm": "storm --sockets 20 --gateways 2 --stay 10 --servers stock",
    "crowd": "crowd --sockets 20 --gateways 1 --seconds 2.5 --idle 20 --idle-seconds 0.5",
    "page": "page --lines 100 --seconds 0.5 --heap-seconds 1",
    "broker": "broker --people 40 --in-rooms 4 --peers 2 --seconds 0.5 --rooms 120",
}
WITHIN_S = 55.0

Bench = Callable[[str], Any]


def begin(file: Path, arguments: str, **environ: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "scripts.bench", *arguments.split(), "--json", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environ},
    )


def finish(process: "subprocess.Popen[str]", file: Path) -> Any:
    """The JSON of one run."""
    told, progress = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, told + progress
    report = json.loads(file.read_text())
    assert report["machine"]["cores"] == os.cpu_count()
    assert told.startswith(report["bench"])
    assert "bench: " in progress, "it tells how far it is"
    return report


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Makes the report of one of RUNS. All run at once, since they wait more than they work."""
    need_tool("cc")
    need_tool("chromium")
    folder = tmp_path_factory.mktemp("bench")
    running = {name: begin(folder / name, arguments) for name, arguments in RUNS.items()}
    try:
        yield lambda name: finish(running[name], folder / name)
    finally:
        for process in running.values():
            if process.returncode is None:  # no test has asked for its report
                process.terminate()  # it ends the systems that it has started
                process.communicate(timeout=WITHIN_S)


def test_fanout_has_a_cost_for_each_server(bench: Bench) -> None:
    report = bench("cost")
    rows = {row["server"]: row for row in report["rows"]}
    assert set(rows) == {"hubbub", "floor", "stock"}
    for row in rows.values():
        assert len(row["us each round"]) == 1
        assert row["lost"] == 0
        assert 150 < row["bytes"] < 300, "an event, and little beside it"
    assert rows["hubbub"]["us"] > 0
    assert {aim["what"].partition(",")[0] for aim in report["aims"]} == {
        "20 sockets: CPU",
        "20 sockets: CPU of stock",
    }


def test_fanout_finds_a_rate_that_holds(bench: Bench) -> None:
    report = bench("throughput")
    (row,) = report["rows"]
    assert row["most/s"] > 0
    assert row["p50 ms"] <= row["p99 ms"] < 250


def test_latency_has_times_of_all_that_was_asked(bench: Bench) -> None:
    report = bench("latency")
    rows = {row["what"]: row for row in report["rows"]}
    asked = {f"hubbub, crowd: {what}" for what in ("chat", "participants", "ping")}
    assert asked < set(rows)
    for row in rows.values():
        assert row["of"] >= 9
        assert 0 < row["p50 ms"] <= row["p99 ms"] <= row["longest ms"]
    assert len(report["aims"]) == 5


def test_join_has_a_cost_in_each_room_and_of_a_rush(bench: Bench) -> None:
    report = bench("join")
    room, rush = report["rows"]
    assert room["members"] == 70
    # The replay alone has 50 messages.
    assert 50 * 200 < room["bytes"] < 50 * 400
    assert "us" in room  # so few joins cost less than what idle is known by
    assert rush["joins"] == 50
    assert rush["bytes of joins"] > 50 * 100


def test_arrive_has_a_rate_and_a_cost_of_each_server(bench: Bench) -> None:
    report = bench("arrive")
    rows = {(row["by"], row["server"]): row for row in report["rows"]}
    both = {(by, name) for by in ("polling", "upgrade") for name in ("hubbub", "stock")}
    assert set(rows) == both | {("websocket", name) for name in ("hubbub", "stock", "floor")}
    for (by, name), row in rows.items():
        assert row["sockets"] == (30 if by == "websocket" else 10)
        assert row["lines"] == (0 if name == "stock" else 50)
        assert len(row["joined/s each round"]) == 2
        assert row["joined/s"] > 0
        assert row["load"] > 0
    ours = rows["websocket", "hubbub"]
    assert ours["ms"] == pytest.approx(ours["ms of gateway"] + ours["ms of broker"])
    assert ours["ms"] > 0
    assert [aim["what"].partition(":")[0] for aim in report["aims"]] == [
        "10 by polling",
        "10 by upgrade",
    ]


def test_storm_counts_who_comes_back(bench: Bench) -> None:
    report = bench("storm")
    ours, theirs = report["rows"]
    assert (ours["missed"], ours["gone"]) == (0, 0)
    assert ours["seconds"] > 0
    assert theirs["seconds"] > 0
    assert ours["ms"] == pytest.approx(ours["ms of gateways"] + ours["ms of broker"])
    assert 0 < ours["ping p99 ms"] <= ours["longest ms"]
    assert 0 < ours["ack p99 ms"] <= ours["longest ms"]
    assert len(report["aims"]) == 5


def test_a_storm_of_more_than_the_descriptors_says_what_it_needs(tmp_path: Path) -> None:
    limited = begin(tmp_path / "figures", "storm --sockets 100000000")
    told, progress = limited.communicate(timeout=WITHIN_S)
    assert limited.returncode == 1
    assert "`ulimit -n` is" in progress
    assert "--gateways" in progress
    assert not told


def test_crowd_has_time_loss_memory_and_idle_cost(bench: Bench) -> None:
    report = bench("crowd")
    crowd, ours, theirs = report["rows"]
    assert crowd["lost"] == 0
    assert 0 < crowd["p50 ms"] <= crowd["p99 ms"]
    for row in (ours, theirs):
        assert row["KiB a socket"] >= 0
        assert row["idle, % of a core"] >= 0
        assert row["lost"] == 0


def test_broker_has_messages_a_second_and_every_room_live_after_a_restart(bench: Bench) -> None:
    report = bench("broker")
    own, everywhere, restarted = report["rows"]
    assert (own["gateways of a room"], everywhere["gateways of a room"]) == (1, 2)
    for row in (own, everywhere):
        assert row["people"] == 40
        assert row["acked/s"] > 0
        assert row["failed"] == 0
    assert restarted["live"] == 1
    assert restarted["ready s"] > 0


def test_page_has_a_load_frames_nodes_and_the_heap(bench: Bench) -> None:
    report = bench("page")
    first, warm, slow, fast, long = report["rows"]
    assert first["bytes"] > warm["bytes"] > 0
    assert first["requests"] > warm["requests"] > 0
    for row in (first, warm):
        assert row["joined s"] > 1
    for row in (slow, fast, long):
        assert row["rows"] == 300
        assert row["frames"] > 0
        assert row["nodes more"] == 0
    assert long["heap MB"] > 0


def test_a_peer_that_cannot_be_had_is_left_out_aloud(tmp_path: Path) -> None:
    file = tmp_path / "figures"
    arguments = "fanout --only cost --servers floor --sockets 5"
    report = finish(begin(file, arguments, PATH=str(tmp_path)), file)
    assert report["rows"] == []
    assert "floor is left out: no C compiler" in report["notes"]


def test_the_help_says_what_each_benchmark_measures() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench", "--help"], capture_output=True, text=True, cwd=ROOT
    )
    told = " ".join(done.stdout.split())
    for module in (arrive, broker, crowd, fanout, join, latency, page, storm):
        about = (module.__doc__ or "").partition("\n")[0]
        assert f"{module.__name__.rpartition('.')[2]} {about}" in told


@pytest.mark.parametrize("limit", [3, 55, 100, 870, 12_345])
def test_a_search_comes_near_the_limit_from_below(limit: int) -> None:
    found = highest(lambda rate: rate <= limit, start=100, least=1, steps=30)
    assert limit / CLOSE < found <= limit


def test_a_search_of_what_never_holds_ends_with_nothing() -> None:
    asked: list[float] = []

    def never(rate: float) -> bool:
        asked.append(rate)
        return False

    assert highest(never, start=100, least=1, steps=30) == 0
    assert len(asked) < 10


def test_a_moment_of_noise_does_not_end_a_search() -> None:
    noise = iter([False, True])

    def holds(rate: float) -> bool:
        return rate <= 1000 and (rate != 200 or next(noise, True))

    found = highest(holds, start=100, least=1, steps=30)
    assert 1000 / CLOSE < found <= 1000


@pytest.mark.parametrize(
    ("value", "most", "least", "met"),
    [
        (1.5, 1.5, None, True),
        (1.6, 1.5, None, False),
        (6.0, None, 6.0, True),
        (5.9, None, 6.0, False),
        (float("nan"), 1.5, None, False),
        (float("nan"), None, 6.0, False),
    ],
)
def test_an_aim_is_met_at_its_bound_and_never_by_nothing(
    value: float, most: float | None, least: float | None, met: bool
) -> None:
    aim = Aim("it", value, most, least)
    assert aim.met is met
    assert aim.line().startswith("met" if met else "MISSED")


def test_a_report_is_a_table_with_what_rows_lack_as_dashes() -> None:
    report = Report("x", [], {}, [{"server": "a", "us": 2.0}, {"server": "b", "most/s": 12345.6}])
    lines = report.text().splitlines()
    assert [line.split() for line in lines] == [
        ["server", "us", "most/s"],
        ["a", "2", "-"],
        ["b", "-", "12,346"],
    ]
    assert ratio(6.0, 2.0) == 3.0
    assert not Aim("it", ratio(None, 2.0), least=0.0).met


def test_without_matplotlib_there_is_no_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    report = Report("x", ["server"], {"us": "cost"}, [{"server": "a", "us": 2.0}])
    assert not plots.draw(report, tmp_path / "x.svg")
    assert not (tmp_path / "x.svg").exists()


def test_a_plot_has_a_bar_for_each_figure_and_is_the_same_each_time(tmp_path: Path) -> None:
    need_tool("matplotlib", importlib.util.find_spec("matplotlib"))
    rows = [{"server": "ours", "us": 2.0}, {"server": "theirs", "us": 90.0, "most/s": 5}]
    report = Report("x", ["server"], {"us": "cost", "most/s": "most", "none": "none"}, rows)
    assert plots.draw(report, tmp_path / "x.svg")
    assert plots.draw(report, tmp_path / "y.svg")
    drawn = (tmp_path / "x.svg").read_text()
    assert drawn == (tmp_path / "y.svg").read_text()
    for text in ("ours", "theirs", "cost", "most", "90"):
        assert f">{text}</text>" in drawn
    assert ">none</text>" not in drawn
