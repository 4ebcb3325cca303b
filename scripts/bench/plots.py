"""The plots: bars of a report's figures, by matplotlib where it is installed."""

from pathlib import Path

from scripts.bench.report import Report


def draw(report: Report, path: Path) -> bool:
    return False
