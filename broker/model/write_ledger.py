"""The ledger: which writes were handed out and are not yet on disk. Pure."""

from collections import deque
from collections.abc import Iterable

from broker.effects import Effect, Stored

FOREVER = float("inf")


class WriteLedger:
    """Whatever was last touched before `clean_before` is on disk: the store knows it all, so the
    core may forget it."""

    def __init__(self) -> None:
        self._handed_out = 0
        self._settled = 0
        self._open: deque[tuple[int, float]] = deque()

    def hand_out(self, effects: Iterable[Effect], now: float) -> None:
        """Notes the writes among these effects."""
        count = 0
        for effect in effects:
            if isinstance(effect, Stored):
                count += 1
        if count:
            self._handed_out += count
            if self._open and self._open[-1][1] == now:
                self._open.pop()  # one entry for all that came in one turn
            self._open.append((self._handed_out, now))

    def settle(self, count: int) -> None:
        """The next `count` writes, in the order in which they were handed out, are on disk."""
        self._settled += count
        while self._open and self._open[0][0] <= self._settled:
            self._open.popleft()

    def clean_before(self) -> float:
        """The time at which the oldest write was handed out that is not yet on disk."""
        return self._open[0][1] if self._open else FOREVER
