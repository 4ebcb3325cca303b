"""The plain rosters: the `participant` lines, which tell plain sockets the names in a room.

Plain pages know no `presence`: they are sent all names again, in one line, whenever these change.
"""

from collections.abc import Sequence
from math import inf
from typing import Protocol

from common import messages as m
from gateway.runtime.ports import Broker, Loop
from gateway.runtime.questions import ask_until_answered

PLAIN_NAMES = 100
"""Names in a crowd's `participant` line."""
PAUSE_S = 0.2
"""A room's line is sent at most this often."""
CROWD_PAUSE_S = 1.0
"""The same in a crowd."""


class RosterRoom(Protocol):
    """A public room with plain sockets."""

    name: str
    closed: bool
    roster_not_before: float
    """Monotonic time before which the names are not requested again; infinite while a question for
    them has no answer."""

    def send_roster(self, names: Sequence[str], count: int, crowd: bool) -> None: ...


class PlainRosters:
    """Requests the names of each room whose plain sockets lack the newest line."""

    def __init__(self, link: Broker, loop: Loop, crowd: int) -> None:
        """`crowd` is the number of participants above which a room is a crowd."""
        self._due: dict[RosterRoom, None] = {}
        self._link = link
        self._loop = loop
        self._names = min(1000, max(PLAIN_NAMES, crowd))
        """How many names are requested: all names of a room that is not a crowd."""

    def add(self, room: RosterRoom) -> None:
        """Notes that the names of this room have changed, or that a plain socket was subscribed."""
        self._due[room] = None

    def forget(self, room: RosterRoom) -> None:
        """Forgets the room: it is closed."""
        self._due.pop(room, None)

    def request_due(self) -> None:
        """Requests the names of the noted rooms, except those whose pause is not over."""
        now = self._loop.time()
        for room in [room for room in self._due if room.roster_not_before <= now]:
            del self._due[room]
            self._request(room)

    def _request(self, room: RosterRoom) -> None:
        room.roster_not_before = inf

        def make(no: int) -> m.GetNames | None:
            return None if room.closed else m.GetNames(no=no, room=room.name, limit=self._names)

        def on_names(answer: m.Listed) -> None:
            pause_s = CROWD_PAUSE_S if answer.crowd else PAUSE_S
            try:
                room.send_roster(answer.users, answer.count, answer.crowd)
            finally:  # an error must not end the room's rosters for ever
                room.roster_not_before = self._loop.time() + pause_s

        ask_until_answered(self._link, self._loop, make, m.Listed, on_names)
