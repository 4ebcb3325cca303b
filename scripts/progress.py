"""Progress: a bar on a terminal, and a line now and then elsewhere."""

import sys
import time

WIDTH = 30
LINE_S = 5.0


class Progress:
    """Shows one step after the other, on standard error."""

    def __init__(self, script: str) -> None:
        self._script = script
        self._watched = sys.stderr.isatty()
        self._told_at = 0.0
        self._open = False

    def step(self, what: str) -> None:
        """Begins a step of this name."""
        self.end()
        if not self._watched:
            print(f"{self._script}: {what}", file=sys.stderr, flush=True)
        self._what, self._told_at = what, time.monotonic()

    def show(self, done: float, of: float, more: str = "") -> None:
        """This share of the step is done."""
        share = min(1.0, done / of) if of else 1.0
        if self._watched:
            bar = "█" * round(share * WIDTH)
            line = f"{self._what[:40]:40} |{bar:{WIDTH}}| {share:4.0%} {more}"
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
            self._open = True
        elif time.monotonic() - self._told_at >= LINE_S:
            self._told_at = time.monotonic()
            print(f"{self._script}:   {share:.0%} {more}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Ends the line of the bar."""
        if self._open:
            print(file=sys.stderr)
        self._open = False
