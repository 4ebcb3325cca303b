"""The tails: what all rooms keep for newcomers, together within a bound. Pure."""

from typing import Protocol


class Keeper(Protocol):
    """A room, which keeps recent events."""

    @property
    def kept_bytes(self) -> int: ...

    def shed(self) -> None:
        """Drops what is kept."""


class Tails:
    """Counts only what was touched since it counted last."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._counted: dict[Keeper, int] = {}
        self._touched: dict[Keeper, None] = {}
        self.bytes = 0

    def touch(self, room: Keeper) -> None:
        """It may keep more than before."""
        self._touched[room] = None

    def forget(self, room: Keeper) -> None:
        """It is no more."""
        self._touched.pop(room, None)
        self.bytes -= self._counted.pop(room, 0)

    def shed(self) -> None:
        """All are within the bound again, and for a while: the largest go first."""
        for room in self._touched:
            self._count(room)
        self._touched.clear()
        if self.bytes <= self._limit_bytes:
            return
        for room in sorted(self._counted, key=self._counted.__getitem__, reverse=True):
            room.shed()
            self._count(room)
            if self.bytes <= self._limit_bytes * 7 // 8:
                return

    def _count(self, room: Keeper) -> None:
        self.bytes += room.kept_bytes - self._counted.get(room, 0)
        self._counted[room] = room.kept_bytes
