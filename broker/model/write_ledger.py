"""The write ledger: which writes the core has handed out that are not yet on disk."""

from collections import deque

FOREVER = float("inf")


class WriteLedger:
    """Tells since when writes wait (`clean_before`). The store has everything that was last changed
    before that time, so the core may evict it from memory."""

    def __init__(self) -> None:
        self._handed_out = 0
        self._committed = 0
        self._waiting: deque[tuple[int, float]] = deque()
        """The number of writes handed out up to a time, and that time, oldest first."""

    def hand_out(self, count: int, now: float) -> None:
        """So many further writes are handed out."""
        if count:
            self._handed_out += count
            if self._waiting and self._waiting[-1][1] == now:
                self._waiting.pop()  # one entry for all writes of one turn
            self._waiting.append((self._handed_out, now))

    def committed(self, count: int) -> None:
        """The next `count` writes, in the order in which they were handed out, are on disk."""
        self._committed += count
        while self._waiting and self._waiting[0][0] <= self._committed:
            self._waiting.popleft()

    def clean_before(self) -> float:
        """When the oldest write was handed out that is not on disk; FOREVER if all are."""
        return self._waiting[0][1] if self._waiting else FOREVER
