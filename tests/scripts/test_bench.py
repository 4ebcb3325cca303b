"""scripts/bench: each benchmark, tiny, on systems that it starts and ends; its report alone.

What runs: scripts/bench/fanout.py with scripts/bench/throughput.py, on scripts/bench/servers.py (of
them scripts/bench/stock.py), by scripts/bench/measuring.py; scripts/progress.py tells.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.bench import plots
from scripts.bench.report import Aim, Report, ratio

ROOT = Path(__file__).parents[2]


def bench(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """The JSON of one run."""
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench", *arguments, "--json", str(file)],
        capture_output=True,
        text=True,
        timeout=50,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(file.read_text())
    assert report["bench"] == arguments[0]
    assert report["machine"]["cores"] == os.cpu_count()
    assert arguments[0] in done.stdout
    assert "bench: " in done.stderr, "it tells how far it is"
    return report


def test_fanout_has_a_cost_for_each_server(tmp_path: Path) -> None:
    report = bench(
        tmp_path, "fanout", "--sockets", "20", "--rounds", "1", "--seconds", "0.4", "--only", "cost"
    )
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


def test_fanout_finds_a_rate_that_holds(tmp_path: Path) -> None:
    report = bench(
        tmp_path, "fanout", "--sockets", "20", "--seconds", "0.5", "--steps", "1", "--only",
        "throughput", "--servers", "stock",
    )  # fmt: skip
    (row,) = report["rows"]
    assert row["most/s"] > 0
    assert row["p50 ms"] <= row["p99 ms"] < 250


def test_peers_that_have_to_be_installed_are_named() -> None:
    # scripts/bench/uws_server.py and node_server.mjs run only where they are installed.
    for file in ("uws_server.py", "node_server.mjs", "floor.c"):
        assert (ROOT / "scripts/bench" / file).is_file()


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
    report = Report("x", [{"server": "a", "us": 2.0}, {"server": "b", "most/s": 12345.6}])
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
    assert not plots.draw(Report("x", [{"server": "a", "us": 2.0}]), tmp_path / "x.svg")
    assert not (tmp_path / "x.svg").exists()
