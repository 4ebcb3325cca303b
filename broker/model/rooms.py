"""The rooms that the core has in memory: those with participants, and lately used ones."""

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush

from sortedcontainers import SortedList

from broker.effects import RoomFact
from broker.model.eviction import EvictionQueue
from broker.model.presence import NEVER, Versions
from broker.model.room import Room
from common.names import SYSTEM
from common.settings import Settings

BEACONS = 3
"""The number of beacons that name a change. It is a number of beacons and not a time, because a
gateway counts beacons to know whether it has missed a change, and a beacon may be late."""
UNSORTED_ROOMS = 500
"""The most rooms whose counts have changed and that are not sorted again yet. A count changes with
each join, while the order is needed now and then only. To sort so many takes 3 ms."""


class RoomTable:
    """Rooms by name. A room that is not here has no participants, and the store has its head.

    The table also knows which rooms are due for a publication, which have changed lately, and the
    order of the public rooms by count."""

    def __init__(self, settings: Settings, term: int) -> None:
        self._settings = settings
        self._versions = Versions(term)
        self._by_name: dict[str, Room] = {}
        self._evictable = EvictionQueue()
        """A room with participants is never in it."""
        self._by_count: SortedList[tuple[int, str]] = SortedList()
        """The public rooms with participants: the negated count, and the name."""
        self._unsorted: dict[str, int] = {}
        """Rooms whose counts have changed since they were sorted, each with the count in
        `_by_count`."""
        self._changed: deque[dict[str, Room]] = deque([{}], maxlen=BEACONS)
        """The rooms with new events, by beacon; the last ones changed since the last beacon."""
        self._agenda: list[tuple[float, str]] = []
        """A heap of times at which rooms are due. An entry is void unless `_planned` has the same
        time for the room."""
        self._planned: dict[str, float] = {}

    def get(self, name: str) -> Room | None:
        return self._by_name.get(name)

    def load(self, fact: RoomFact, now: float) -> Room:
        """Adds a room as the store has it, or a new one. A room that is here stays as it is."""
        room = self._by_name.get(fact.room)
        if room is None:
            room = self._by_name[fact.room] = Room(fact, self._settings, self._versions)
            self._evictable.add(fact.room, now)
        return room

    def touch(self, room: Room, now: float) -> None:
        """Call this after each use of a room: it may be due for a publication now, and is not
        evicted soon."""
        self.plan(room)
        self._evictable.touch(room.name, now)

    def on_count_change(self, room: Room, before: int, now: float) -> None:
        """The room had `before` participants and has `room.count` now. Call `touch` as well."""
        count = room.count
        if count == before:
            return
        if not before:
            self._evictable.keep(room.name)
        elif not count:
            self._evictable.add(room.name, now)
        self._unsorted.setdefault(room.name, before)
        if len(self._unsorted) > UNSORTED_ROOMS:
            self._sort()

    def busiest(self, after: str) -> Iterator[Room]:
        """The public rooms with participants, by count, that come after the room named `after`. If
        that room is empty by now, the rooms after those with one participant follow."""
        self._sort()
        start = 0
        if after:
            room = self._by_name.get(after)
            position = (-max(room.count if room else 1, 1), after)
            start = self._by_count.bisect_right(position)
        for _, name in self._by_count.islice(start):
            yield self._by_name[name]

    @property
    def occupied(self) -> int:
        """The number of public rooms with participants."""
        self._sort()
        return len(self._by_count)

    def _sort(self) -> None:
        """Puts the rooms whose counts have changed in their places."""
        for name, before in self._unsorted.items():
            room = self._by_name.get(name)  # a room without participants may be evicted by now
            count = room.count if room is not None else 0
            if before:
                self._by_count.remove((-before, name))
            if count:
                self._by_count.add((-count, name))
        self._unsorted.clear()

    # --- beacons ---------------------------------------------------------------------------------

    def on_new_head(self, room: Room, now: float) -> None:
        """An event was appended to the room's log."""
        room.appended_at = now
        self._changed[-1][room.name] = room

    def take_changed(self) -> dict[str, Room]:
        """Returns the rooms that the next beacon names. Call this once for each beacon."""
        changed = {name: room for rooms in self._changed for name, room in rooms.items()}
        self._changed.append({})
        return changed

    # --- publications that are due ---------------------------------------------------------------

    def plan(self, room: Room, not_before: float = 0.0) -> None:
        """Notes when the room is due, if it is."""
        due = room.due
        if due == NEVER:
            return
        due = max(due, not_before)
        if due < self._planned.get(room.name, NEVER):
            self._planned[room.name] = due
            heappush(self._agenda, (due, room.name))

    @property
    def next_due(self) -> float:
        """The earliest time at which `take_due` may return a room."""
        return self._agenda[0][0] if self._agenda else NEVER

    def take_due(self, now: float, limit: int) -> list[Room]:
        """Returns up to `limit` rooms that are due now. Call `plan` for each of them afterwards."""
        rooms: list[Room] = []
        while self._agenda and self._agenda[0][0] <= now and len(rooms) < limit:
            due, name = heappop(self._agenda)
            if self._planned.get(name) == due:  # else the room was planned for an earlier time
                del self._planned[name]
                rooms.append(self._by_name[name])
        return rooms

    # --- memory ----------------------------------------------------------------------------------

    def evict(self, now: float, clean_before: float) -> None:
        """Forgets evictable rooms (see EvictionQueue), but not `system`, nor one that is due."""
        for name in self._evictable.take_expired(now, clean_before):
            if name in self._planned or name == SYSTEM:
                self._evictable.add(name, now)
            else:
                del self._by_name[name]

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Room]:
        return iter(self._by_name.values())
