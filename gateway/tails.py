"""The tails: what all rooms keep for newcomers, together within a bound."""

from gateway.hearing import Hearing


class Tails:
    """Counts only what was touched since it counted last."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._counted: dict[Hearing, int] = {}
        self._touched: dict[Hearing, None] = {}
        self.bytes = 0

    def touch(self, hearing: Hearing) -> None:
        """It may keep more than before."""
        self._touched[hearing] = None

    def forget(self, hearing: Hearing) -> None:
        """It is no more."""
        self._touched.pop(hearing, None)
        self.bytes -= self._counted.pop(hearing, 0)

    def shed(self) -> None:
        """All are within the bound again, and for a while: the largest go first."""
        for hearing in self._touched:
            self._count(hearing)
        self._touched.clear()
        if self.bytes <= self._limit_bytes:
            return
        for hearing in sorted(self._counted, key=self._counted.__getitem__, reverse=True):
            hearing.shed()
            self._count(hearing)
            if self.bytes <= self._limit_bytes * 7 // 8:
                return

    def _count(self, hearing: Hearing) -> None:
        self.bytes += hearing.kept_bytes - self._counted.get(hearing, 0)
        self._counted[hearing] = hearing.kept_bytes
