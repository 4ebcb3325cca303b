"""The listening clock: counts only the time in which this process could receive."""

STEP_S = 1.0


class ListeningClock:
    """Seconds that advance by STEP_S at most between two calls. So no deadline passes while the
    process is stopped or too busy to receive what would have met the deadline."""

    def __init__(self, monotonic: float) -> None:
        self._seen = monotonic
        self.now = 0.0

    def advance(self, monotonic: float) -> float:
        """Call it once each turn. `monotonic` is the time of the monotonic clock. Returns `now`."""
        self.now += min(max(0.0, monotonic - self._seen), STEP_S)
        self._seen = monotonic
        return self.now

    def pause(self, monotonic: float) -> float:
        """Call it instead of `advance` when the time since the last call must not count."""
        self._seen = monotonic
        return self.now
