"""The report of one benchmark: a table, its aims, and the same as JSON."""

import json
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from scripts.bench.measuring import machine

Row = dict[str, Any]


class Aim(Struct, frozen=True):
    """A value that a benchmark should reach; `most` or `least` is its bound."""

    what: str
    value: float
    most: float | None = None
    least: float | None = None

    @property
    def met(self) -> bool:
        """False for a NaN."""
        if self.most is not None:
            return self.value <= self.most
        return self.least is None or self.value >= self.least

    def line(self) -> str:
        bound = f"at most {self.most:g}" if self.most is not None else f"at least {self.least:g}"
        return f"{'met   ' if self.met else 'MISSED'}  {self.what}: {shown(self.value)} ({bound})"


class Report(Struct):
    """The result of a benchmark: one row for each thing measured, all with the same keys."""

    name: str
    labels: list[str]
    """Keys that tell the rows apart in a plot."""
    bars: dict[str, str]
    """Keys of the figures that are drawn, each with its title."""
    rows: list[Row] = []
    aims: list[Aim] = []
    notes: list[str] = []

    def text(self) -> str:
        return "\n".join([table(self.rows), *(aim.line() for aim in self.aims), *self.notes])

    def json(self) -> str:
        aims = [{**msgspec.to_builtins(aim), "met": aim.met} for aim in self.aims]
        whole = {
            "bench": self.name,
            "machine": machine(),
            "rows": self.rows,
            "aims": aims,
            "notes": self.notes,
        }
        return json.dumps(whole, indent=1) + "\n"

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.json())


def table(rows: list[Row]) -> str:
    """The rows as text in columns. A dash stands for a key that a row lacks."""
    if not rows:
        return "nothing was measured"
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[shown(row.get(name)) for name in names] for row in rows]
    widths = [max(len(one) for one in column) for column in zip(names, *cells, strict=True)]
    lines = []
    for line in [names, *cells]:
        first, *others = (
            one.ljust(width) if number == 0 else one.rjust(width)
            for number, (one, width) in enumerate(zip(line, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join(lines)


def ratio(of: float | None, to: float | None) -> float:
    """The ratio of two figures; NaN if one of them is missing."""
    return of / to if of is not None and to else float("nan")


def shown(value: Any) -> str:
    if value is None or value != value:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
