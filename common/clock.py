"""The listening clock: counts only time in which this process listened."""

STEP_S = 1.0


class ListeningClock:
    """Monotonic seconds that pass at most one at a time, so that no deadline
    runs out in time in which this process was stopped, or could not do its work."""

    def __init__(self, monotonic: float) -> None:
        self._seen = monotonic
        self.now = 0.0

    def advance(self, monotonic: float) -> float:
        """Once each turn of the loop."""
        self.now += min(max(0.0, monotonic - self._seen), STEP_S)
        self._seen = monotonic
        return self.now

    def pause(self, monotonic: float) -> float:
        """As `advance`, for a turn that does not count."""
        self._seen = monotonic
        return self.now
