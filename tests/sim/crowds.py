"""The crowds of a run: in which parts of their logs rooms tell no comings and goings."""

from collections.abc import Mapping, Sequence

from broker.core.core import Core
from common.messages import Event

Spells = list[tuple[int, bool]]
"""(head, whether the room is a crowd from there on), in order."""


class Crowds:
    """`look` after whatever may turn a room."""

    def __init__(self, logs: Mapping[str, Sequence[Event]]) -> None:
        self.spells: dict[str, Spells] = {}
        self._logs = logs

    def look(self, core: Core, rooms: Sequence[str]) -> int:
        """How many have turned."""
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
        """The core begins from what is on disk."""
        for room, spells in self.spells.items():
            while spells[-1][0] > len(self._logs.get(room, ())):
                spells.pop()

    def copy(self, logs: Mapping[str, Sequence[Event]]) -> "Crowds":
        """Those of a backup."""
        other = Crowds(logs)
        other.spells = {room: list(spells) for room, spells in self.spells.items()}
        return other
