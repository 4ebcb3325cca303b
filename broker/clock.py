"""The listening clock: counts only time in which the broker listened."""

STEP_S = 1.0


class ListeningClock:
    """Monotonic seconds that pass at most one at a time, so that nobody loses anything for time in
    which the broker was stopped, or could not write."""

    def __init__(self, monotonic: float) -> None:
        self._seen = monotonic
        self.now = 0.0

    def advance(self, monotonic: float) -> float:
        """Once each turn of the broker's loop, before what has arrived is handled."""
        self.now += min(max(0.0, monotonic - self._seen), STEP_S)
        self._seen = monotonic
        return self.now

    def pause(self, monotonic: float) -> float:
        """As `advance`, for a turn that does not count."""
        self._seen = monotonic
        return self.now
