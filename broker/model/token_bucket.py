"""A bucket: how much one person may still say now. Pure."""

_ROUNDING = 1e-9
"""Ten times a tenth is a little less than one."""


class TokenBucket:
    """Holds up to `burst` tokens, gets `rate` a second. Starts full."""

    __slots__ = ("_at", "_left")

    def __init__(self, burst: float, now: float) -> None:
        self._left = burst
        self._at = now

    def take(self, now: float, rate: float, burst: float, count: int = 1) -> float:
        """Takes so many tokens and returns 0; or takes none and returns the seconds until there are
        enough."""
        self._left = min(burst, self._left + (now - self._at) * rate)
        self._at = now
        if self._left >= count - _ROUNDING:
            self._left = max(0.0, self._left - count)
            return 0.0
        return (count - self._left) / rate
