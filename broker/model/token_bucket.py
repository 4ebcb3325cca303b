"""A token bucket: limits how often one person may do something. The caller passes the time."""

_ROUNDING = 1e-9
"""Tolerance in tokens: ten times 0.1 is slightly less than 1."""


class TokenBucket:
    """Holds at most `burst` tokens and gets `rate` new ones a second. A new bucket is full."""

    __slots__ = ("_tokens", "_updated_at")

    def __init__(self, burst: float, now: float) -> None:
        self._tokens = burst
        self._updated_at = now

    def take(self, now: float, rate: float, burst: float, count: int = 1) -> float:
        """Takes `count` tokens and returns 0. If there are fewer, takes none and returns the
        seconds until there are enough."""
        self._tokens = min(burst, self._tokens + (now - self._updated_at) * rate)
        self._updated_at = now
        if self._tokens >= count - _ROUNDING:
            self._tokens = max(0.0, self._tokens - count)
            return 0.0
        return (count - self._tokens) / rate
