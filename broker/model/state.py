"""The state: everything that one broker has in memory, by part, and which of it is known.

The directory and the rooms do not know each other. What one has to know of the other is passed by
the handlers, as values: rooms could one day be in another broker.
"""

from collections.abc import Iterable, Sequence
from typing import assert_never

from broker.effects import (
    Fact,
    IdentityFact,
    Missing,
    Need,
    NeedIdentity,
    NeedRoom,
    RoomFact,
    SaidFact,
    Snapshot,
)
from broker.model.directory import Directory
from broker.model.facts import Facts
from broker.model.room import Room
from broker.model.rooms import RoomTable
from broker.model.uncommitted import Uncommitted
from broker.model.write_ledger import WriteLedger
from common.errors import Refused
from common.messages import Event
from common.settings import Settings


class State:
    """The parts. Only handlers change them."""

    def __init__(self, settings: Settings, opened: Snapshot) -> None:
        self.settings = settings
        self.epoch = opened.epoch
        self.term = opened.term
        self.directory = Directory(settings, opened.secret)
        self.rooms = RoomTable(settings, opened.term)
        self.facts = Facts()
        self.uncommitted = Uncommitted()
        self.ledger = WriteLedger()
        self.presence_paused = False
        """True after a restart, until the gateways known before have registered their people or
        have had the time to: nothing of presence is published meanwhile."""

    def unknown(self, needs: Iterable[Need]) -> list[Need]:
        """The needs among these that the store has to answer first."""
        return [need for need in needs if not self._is_known(need)]

    def require(self, needs: Sequence[Need]) -> None:
        """Raises Missing unless all of these are known."""
        for need in needs:
            if not self._is_known(need):
                raise Missing(*self.unknown(needs))
        self.facts.mark_used(needs)

    def learn(self, need: Need, fact: Fact, now: float) -> None:
        """Takes the store's answer to a need. People and rooms become records, which nothing older
        overwrites."""
        match fact:
            case None | SaidFact() | Event() | tuple():
                self.facts.put(need, fact)
            case RoomFact():
                self.rooms.load(fact, now)
            case IdentityFact(rooms=rooms):
                if self.directory.people.get(fact.uid) is not None:
                    return
                person = self.directory.load(fact, now)
                for name in rooms:  # the room's newest events may not be on disk yet
                    room = self.rooms.get(name)
                    if room is not None:
                        person.private_rooms[name] = room.head
            case _:
                assert_never(fact)

    def _is_known(self, need: Need) -> bool:
        if need in self.facts:
            return True
        if isinstance(need, NeedRoom):
            return self.rooms.get(need.room) is not None
        return isinstance(need, NeedIdentity) and self.directory.people.get(need.uid) is not None

    def room(self, name: str) -> Room:
        """The room of this name. Raises Missing if the room is not in memory, and Refused if the
        store has none either."""
        room = self.rooms.get(name)
        if room is None:
            self.require([NeedRoom(name)])
            raise Refused("no_such_room", "there is no such room")
        return room
