"""The tail budget: what all rooms keep for newcomers stays within one bound. Pure."""

from typing import Protocol


class TailRoom(Protocol):
    """A room that keeps recent events."""

    @property
    def kept_bytes(self) -> int: ...

    def shed(self) -> None:
        """Drops what is kept."""


class TailBudget:
    """Only rooms that were touched since the last count are counted again."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._counted: dict[TailRoom, int] = {}
        self._touched: dict[TailRoom, None] = {}
        self.bytes = 0

    def touch(self, room: TailRoom) -> None:
        """The room may keep more than when it was counted."""
        self._touched[room] = None

    def forget(self, room: TailRoom) -> None:
        """The room is closed."""
        self._touched.pop(room, None)
        self.bytes -= self._counted.pop(room, 0)

    def shed(self) -> None:
        """If all rooms together keep more than the bound, the largest tails are dropped until an
        eighth of it is free."""
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

    def _count(self, room: TailRoom) -> None:
        self.bytes += room.kept_bytes - self._counted.get(room, 0)
        self._counted[room] = room.kept_bytes
