"""Eviction: which records the core may drop from memory, because the store has them too.

People and rooms use it alike: a record that is not in use is evictable, and dropped when it was not
used for a while or when there are too many of its kind."""

from collections import OrderedDict
from collections.abc import Iterator

KEEP_S = 60.0
"""Seconds for which an evictable record is kept after its last use."""
KEEP_RECORDS = 10_000
"""If more are evictable, those that were not used for longest are dropped earlier."""


class EvictionQueue:
    """The keys of the evictable records, the one first whose last use is longest ago."""

    __slots__ = ("_used_at",)

    def __init__(self) -> None:
        self._used_at: OrderedDict[str, float] = OrderedDict()

    def add(self, key: str, now: float) -> None:
        """The record is evictable from now on, and was used just now."""
        self._used_at[key] = now
        self._used_at.move_to_end(key)

    def touch(self, key: str, now: float) -> None:
        """The record was used just now. Does nothing if it is not evictable."""
        if key in self._used_at:
            self._used_at[key] = now
            self._used_at.move_to_end(key)

    def keep(self, key: str) -> None:
        """The record is in use: it is not evictable until it is added again."""
        self._used_at.pop(key, None)

    def take_expired(self, now: float, clean_before: float) -> Iterator[str]:
        """Takes out and yields the keys to drop now. A record that was used at or after
        `clean_before` (see WriteLedger) stays, since the store may not have it yet."""
        for _ in range(len(self._used_at)):  # the caller may add a key again
            key, used_at = next(iter(self._used_at.items()))
            if used_at >= clean_before:
                return
            if now - used_at < KEEP_S and len(self._used_at) <= KEEP_RECORDS:
                return
            del self._used_at[key]
            yield key
