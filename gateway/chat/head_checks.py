"""The head checks: ask the broker for the heads of rooms, so that a hole at the very end of a log
shows."""

from collections.abc import Iterable, Iterator
from itertools import islice

from common import messages as m
from gateway.rooms.room_table import RoomTable
from gateway.rooms.sessions import Sessions
from gateway.runtime.ports import Broker, Loop
from gateway.runtime.questions import RETRY_S, ask_until_answered
from gateway.runtime.work_queue import WorkQueue

QUESTION_ROOMS = 500
"""Rooms in one question."""
QUESTION_PEOPLE = 20
"""People in one question for the heads of their private rooms; each has up to 1,000 of those."""


class HeadChecks:
    """`epoch` is that of the link. Implements `work_queue.Work`: people may be very many."""

    def __init__(
        self, link: Broker, rooms: RoomTable, sessions: Sessions, work_queue: WorkQueue, loop: Loop
    ) -> None:
        self.epoch = ""
        self._link = link
        self._rooms = rooms
        self._sessions = sessions
        self._work_queue = work_queue
        self._loop = loop
        self._people: Iterator[str] = iter(())
        """People whose private rooms were not asked for yet."""

    def check(self, rooms: Iterable[str]) -> None:
        """Asks for the heads of these public rooms."""
        names = iter(list(rooms))
        while batch := list(islice(names, QUESTION_ROOMS)):
            self._ask(batch, [])

    def check_private(self) -> None:
        """Asks for the heads of the private rooms of everybody who is here, in steps. Rooms that
        are new here may be among them."""
        self._people = iter(self._sessions.people())
        self._work_queue.wake(self)

    def step(self) -> bool:
        batch = list(islice(self._people, QUESTION_PEOPLE))
        if batch:
            self._ask([], batch)
        return bool(batch)

    def failed(self) -> None:
        """Asks for all of them again after a while, since the same may fail again. No answer is
        missing here, as it is where `ask_until_answered` asks again: a step raised."""
        self._loop.call_later(RETRY_S, self.check_private)

    def _ask(self, rooms: list[str], people: list[str]) -> None:
        ask_until_answered(
            self._link,
            self._loop,
            lambda no: m.GetHeads(no=no, rooms=rooms, people=people),
            m.HeadsTold,
            self._on_private_heads if people else self._on_heads,
        )

    def _on_heads(self, answer: m.HeadsTold) -> None:
        for room, head in answer.heads.items():
            self._rooms.on_head(room, self.epoch, head)

    def _on_private_heads(self, answer: m.HeadsTold) -> None:
        for session in list(self._sessions.of_people(answer.banned)):
            session.send_away("banned", "you are banned")
        self._rooms.on_private_heads(self.epoch, answer.heads, answer.members)
