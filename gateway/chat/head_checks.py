"""The heads: asks the broker where rooms are, so that a hole at the very end shows."""

from collections.abc import Iterable, Iterator
from itertools import islice

from common import messages as m
from gateway.rooms.context import RoomContext
from gateway.rooms.room_table import RoomTable
from gateway.runtime.ports import Broker

ASK_ROOMS = 500
"""Rooms in one question."""
ASK_PEOPLE = 20
"""People in one question for the heads of their private rooms, of which each has up to 1,000."""


class HeadChecks:
    """A question without an answer is asked again. `epoch` is that of the link. It is slices.Work:
    there may be very many people."""

    def __init__(self, link: Broker, rooms: RoomTable, context: RoomContext) -> None:
        self.epoch = ""
        self._link = link
        self._rooms = rooms
        self._sessions = context.sessions
        self._context = context
        self._people: Iterator[str] = iter(())
        """Those whose private rooms are to be asked for."""

    def ask(self, rooms: Iterable[str]) -> None:
        """Where are these rooms?"""
        names = iter(list(rooms))
        while batch := list(islice(names, ASK_ROOMS)):
            self._ask(batch, [])

    def ask_private(self) -> None:
        """Where are the private rooms of all who are here? New ones may be among them."""
        self._people = iter(self._sessions.people())
        self._context.work_queue.wake(self)

    def step(self) -> bool:
        batch = list(islice(self._people, ASK_PEOPLE))
        if batch:
            self._ask([], batch)
        return bool(batch)

    def failed(self) -> None:
        """Asks all of them again."""
        self._context.later(self.ask_private)

    def _ask(self, rooms: list[str], people: list[str]) -> None:
        def answered(answer: m.AnyAnswer | None) -> None:
            if not isinstance(answer, m.HeadsTold):
                self._context.later(lambda: self._ask(rooms, people))
            elif people:
                for session in list(self._sessions.of_people(answer.banned)):
                    session.send_away("banned", "you are banned")
                self._rooms.on_private_heads(self.epoch, answer.heads, answer.members)
            else:
                for room, head in answer.heads.items():
                    self._rooms.on_head(room, self.epoch, head)

        command = m.GetHeads(no=self._link.number(), rooms=rooms, people=people)
        self._link.ask(command, answered)
