"""The rooms that the core knows now: those with somebody in them, and lately used ones. Pure."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from heapq import heappop, heappush

from sortedcontainers import SortedList

from broker.effects import RoomFact
from broker.model.presence import NEVER, Versions
from broker.model.room import Room
from common.names import SYSTEM
from common.settings import Settings

REST_S = 60.0
REST_ROOMS = 10_000
"""Rooms at rest are forgotten after this time, or when there are more of them."""
BEACONS = 3
"""So many beacons name what has changed. Not those of a time: gateways count them to know whether
they have missed something, and one may be late."""


class RoomTable:
    """A room that is not known here has nobody in it; the store has its head."""

    def __init__(self, settings: Settings, term: int) -> None:
        self._settings = settings
        self.versions = Versions(term)
        self._known: dict[str, Room] = {}
        self._resting: OrderedDict[str, float] = OrderedDict()
        self._by_count: SortedList[tuple[int, str]] = SortedList()
        self._changed: deque[dict[str, Room]] = deque([{}], maxlen=BEACONS)
        """The last ones changed since the last beacon."""
        self._agenda: list[tuple[float, str]] = []
        self._planned: dict[str, float] = {}
        """When a room is to be looked at, which is in the agenda at that time."""

    def get(self, name: str) -> Room | None:
        return self._known.get(name)

    def load(self, fact: RoomFact, now: float) -> Room:
        """A room as the store has it, or a new one; does nothing if it is known already."""
        room = self._known.get(fact.room)
        if room is None:
            room = self._known[fact.room] = Room(fact, self._settings, self.versions)
            self._resting[fact.room] = now
        return room

    def touch(self, room: Room, now: float) -> None:
        """The room was used: it may have something to tell later, and is not forgotten soon."""
        self.plan(room)
        if room.name in self._resting:
            self._resting[room.name] = now
            self._resting.move_to_end(room.name)

    def counted(self, room: Room, before: int, now: float) -> None:
        """The room had so many participants before; keeps the listing by count."""
        if room.count != before:
            if before:
                self._by_count.remove((-before, room.name))
            if room.count:
                self._by_count.add((-room.count, room.name))
                self._resting.pop(room.name, None)
            else:
                self._resting[room.name] = now
        self.touch(room, now)

    def busiest(self, after: str) -> Iterator[Room]:
        """Public rooms with somebody in them, by count, after the room of this name. A room that
        has emptied since stands where rooms with one participant are."""
        start = 0
        if after:
            room = self._known.get(after)
            resolve_room = (-max(room.count if room else 1, 1), after)
            start = self._by_count.bisect_right(resolve_room)
        for _, name in self._by_count.islice(start):
            yield self._known[name]

    @property
    def busy(self) -> int:
        """How many public rooms have somebody in them."""
        return len(self._by_count)

    def changed(self, room: Room, now: float) -> None:
        """The room has a new head."""
        room.appended_at = now
        self._changed[-1][room.name] = room

    def changed_lately(self) -> dict[str, Room]:
        """What the next beacon names, which has to be asked for once."""
        named = {name: room for some in self._changed for name, room in some.items()}
        self._changed.append({})
        return named

    def plan(self, room: Room, not_before: float = 0.0) -> None:
        """The room is looked at when it has something to tell."""
        due = room.due
        if due == NEVER:
            return
        due = max(due, not_before)
        if due < self._planned.get(room.name, NEVER):
            self._planned[room.name] = due
            heappush(self._agenda, (due, room.name))

    @property
    def next_due(self) -> float:
        """When `due` has a room, at the earliest."""
        return self._agenda[0][0] if self._agenda else NEVER

    def due(self, now: float, limit: int) -> list[Room]:
        """Those that may have something to tell now. Plan each again after a look."""
        rooms: list[Room] = []
        while self._agenda and self._agenda[0][0] <= now and len(rooms) < limit:
            due, name = heappop(self._agenda)
            if self._planned.get(name) == due:  # else it was planned for an earlier time since
                del self._planned[name]
                rooms.append(self._known[name])
        return rooms

    def forget(self, now: float, clean_before: float) -> None:
        """Rooms at rest are left to the store, once it has all of them."""
        for _ in range(len(self._resting)):
            name, at = next(iter(self._resting.items()))
            if at >= clean_before:
                return
            if now - at < REST_S and len(self._resting) <= REST_ROOMS:
                return
            del self._resting[name]
            if name in self._planned or name == SYSTEM:
                self._resting[name] = now
            else:
                del self._known[name]

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Room]:
        return iter(self._known.values())
