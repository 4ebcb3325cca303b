"""The rosters: the names of a room as plain sockets are shown them, one line for all."""

from collections.abc import Sequence
from typing import Protocol

from common import messages as m
from gateway.runtime.ports import Broker, Loop

PLAIN_NAMES = 100
"""Names in a crowd's `participant` line."""

PAUSE_S = 0.2
CROWD_PAUSE_S = 1.0
"""A room's line goes out no oftener than this."""
ASKED_S = 10.0
"""An unanswered question is asked again after this."""


class RosterRoom(Protocol):
    """A public room with plain sockets."""

    name: str
    roster_not_before: float
    """Monotonic time before which the line is not asked for again."""

    def tell_roster(self, names: Sequence[str], count: int, crowd: bool) -> None: ...


class PlainRosters:
    """Asks for the first names of the rooms whose plain sockets miss the newest line. `crowd`: the
    participants above which a room is one."""

    def __init__(self, link: Broker, loop: Loop, crowd: int) -> None:
        self._due: dict[RosterRoom, None] = {}
        self._link = link
        self._loop = loop
        self._names = min(1000, max(PLAIN_NAMES, crowd))

    def want(self, room: RosterRoom) -> None:
        """The names of this room have changed, or a plain socket has come."""
        self._due[room] = None

    def forget(self, room: RosterRoom) -> None:
        """Nobody is in this room any more."""
        self._due.pop(room, None)

    def tell(self) -> None:
        """Asks now for those that were not just asked for or told."""
        now = self._loop.time()
        for room in [room for room in self._due if room.roster_not_before <= now]:
            del self._due[room]
            self._ask(room)

    def _ask(self, room: RosterRoom) -> None:
        room.roster_not_before = self._loop.time() + ASKED_S

        def answered(answer: m.AnyAnswer | None) -> None:
            pause = PAUSE_S
            if isinstance(answer, m.Listed):
                pause = CROWD_PAUSE_S if answer.crowd else PAUSE_S
                room.tell_roster(answer.users, answer.count, answer.crowd)
            else:
                self._due[room] = None
            room.roster_not_before = self._loop.time() + pause

        command = m.GetNames(no=self._link.number(), room=room.name, limit=self._names)
        self._link.ask(command, answered)
