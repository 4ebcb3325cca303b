"""The plots: a report's figures as bars, by matplotlib where it is installed."""

from pathlib import Path
from typing import Any

from scripts.bench.report import Report, Row, shown

INCHES = 3.6
"""Width of one figure's bars."""
BAR_INCHES = 0.34
LOGARITHMIC = 30.0
"""Figures that differ by more than this factor are drawn on a logarithmic scale."""


def draw(report: Report, path: Path) -> bool:
    """Writes the plot. Returns False if there is nothing to draw, or if matplotlib is missing."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        return False
    names = [name for name in report.bars if any(_drawn(row, name) for row in report.rows)]
    if not names:
        return False
    matplotlib.rcParams["svg.fonttype"] = "none"
    matplotlib.rcParams["svg.hashsalt"] = "hubbub"  # the same figures give the same file
    height = 1.1 + BAR_INCHES * len(report.rows)
    figure = Figure(figsize=(INCHES * len(names), height), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        _bars(axes, report, name)
    figure.suptitle(report.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    return True


def _bars(axes: Any, report: Report, name: str) -> None:
    rows = [row for row in report.rows if _drawn(row, name)]
    labels = [" · ".join(str(row[key]) for key in report.labels if key in row) for row in rows]
    places = range(len(rows))
    bars = axes.barh(places, [row[name] for row in rows], height=0.7, color="#3b6ea5")
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    axes.bar_label(bars, [shown(row[name]) for row in rows], padding=3, fontsize=8)
    axes.set_title(report.bars[name], fontsize=10)
    figures = [row[name] for row in rows]
    if min(figures) > 0 and max(figures) / min(figures) > LOGARITHMIC:
        axes.set_xscale("log")
    axes.margins(x=0.2)
    axes.spines[["top", "right"]].set_visible(False)


def _drawn(row: Row, name: str) -> bool:
    figure = row.get(name)
    return isinstance(figure, int | float) and figure == figure
