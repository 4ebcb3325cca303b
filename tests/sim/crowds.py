"""The crowds of a run: in which parts of their logs rooms have no joins and leaves."""

from collections.abc import Mapping, Sequence

from broker.core.core import Core
from common.messages import Event

Spells = list[tuple[int, bool]]
"""In order: (head, whether the room is a crowd from that head on)."""


class Crowds:
    """Call `look` after everything that may turn a room into a crowd or back."""

    def __init__(self, logs: Mapping[str, Sequence[Event]]) -> None:
        self.spells: dict[str, Spells] = {}
        self._logs = logs

    def look(self, core: Core, rooms: Sequence[str]) -> int:
        """Returns how many of the rooms have turned since the last look."""
        turns = 0
        for name in rooms:
            spells = self.spells.setdefault(name, [(0, False)])
            room = core.state.rooms.get(name)
            on = room is not None and room.crowd.active
            if on != spells[-1][1]:
                turns += 1
                spells.append((room.head if room else len(self._logs.get(name, ())), on))
        return turns

    def begin_again(self) -> None:
        """The core was started again: turns at events that did not reach the disk are forgotten."""
        for room, spells in self.spells.items():
            while spells[-1][0] > len(self._logs.get(room, ())):
                spells.pop()

    def copy(self, logs: Mapping[str, Sequence[Event]]) -> "Crowds":
        """The crowds of a backup, whose logs these are."""
        other = Crowds(logs)
        other.spells = {room: list(spells) for room, spells in self.spells.items()}
        return other
