"""The tail budget: bounds the memory of the recent events that all rooms keep. Pure."""

from typing import Protocol


class TailRoom(Protocol):
    """A room that keeps recent events for sockets that join."""

    @property
    def kept_bytes(self) -> int: ...

    def shed(self) -> None:
        """Drops the recent events."""


class TailBudget:
    """The bytes that rooms keep are summed up over time: `shed` counts again only the rooms that
    were touched since its last call."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._counted: dict[TailRoom, int] = {}
        """What each room kept when it was counted last, in bytes."""
        self._touched: dict[TailRoom, None] = {}
        self.bytes = 0
        """The sum of `_counted`."""

    def touch(self, room: TailRoom) -> None:
        """Notes that the room may keep more than when it was counted."""
        self._touched[room] = None

    def forget(self, room: TailRoom) -> None:
        """Drops the room from the sum: the room is closed."""
        self._touched.pop(room, None)
        self.bytes -= self._counted.pop(room, 0)

    def shed(self) -> None:
        """If all rooms together keep more than the limit, drops the largest tails until an eighth
        of the limit is free."""
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
