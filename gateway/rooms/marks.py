"""The marks: asks the broker to prove, topic by topic, that the subscriptions are live."""

import secrets
from collections import deque
from collections.abc import Iterable
from itertools import chain, islice, takewhile
from typing import Protocol

from common import messages as m
from gateway.rooms.context import RETRY_S
from gateway.runtime.ports import Broker, Loop
from gateway.runtime.work_queue import WorkQueue

ASK_ROOMS = 500
"""Rooms in one take-up."""


class MarkSubscriber(Protocol):
    """A room of this gateway."""

    name: str
    has_topic: bool
    closed: bool

    def on_new_link(self) -> None: ...


class Marks:
    """A mark that does not come is asked for again. It is slices.Work: there may be very many
    rooms to be taken up."""

    def __init__(self, link: Broker, work_queue: WorkQueue, loop: Loop) -> None:
        self._link = link
        self._work_queue = work_queue
        self._loop = loop
        self._nonce = ""
        self._relinking: deque[MarkSubscriber] = deque()
        """Rooms that are to be told of a new link."""
        self._unasked: dict[str, None] = {}
        """Rooms whose mark is missing and was not asked for."""
        self._asked: dict[str, float] = {}
        """Rooms whose mark was asked for, and when, those of the longest ago first."""

    @property
    def missing(self) -> bool:
        """Some room's subscription is not proven yet."""
        return bool(self._relinking or self._unasked or self._asked)

    def linked(self, rooms: Iterable[MarkSubscriber]) -> None:
        """There is a new link: all of these have to be proven live on it."""
        self._nonce = secrets.token_hex(8)
        self._relinking = deque(rooms)
        self._unasked = {}
        self._asked = {}
        self.wake()

    def is_current(self, mark: m.Marked) -> bool:
        """Whether this mark was asked for on the link that is up now."""
        return mark.nonce == self._nonce

    def want(self, room: str) -> None:
        """This room's subscription is new."""
        self._asked.pop(room, None)
        self._unasked[room] = None
        self.wake()

    def forget(self, room: str) -> None:
        """The mark of this room has come, or is not wanted any more."""
        self._unasked.pop(room, None)
        self._asked.pop(room, None)

    def ask(self, topics: list[str]) -> None:
        """Asks for the marks of these topics, once."""
        command = m.TakeUp(no=self._link.number(), topics=topics, nonce=self._nonce)
        self._link.ask(command, lambda _: None)

    def wake(self) -> None:
        """Asks for what is missing, and again for what is late."""
        if self.missing:
            self._work_queue.wake(self)

    def step(self) -> bool:
        if not self._link.up:
            return False
        for _ in range(min(ASK_ROOMS, len(self._relinking))):
            room = self._relinking.popleft()
            if not room.closed:
                room.on_new_link()
                if room.has_topic:
                    self._unasked[room.name] = None
        now = self._loop.time()
        late = takewhile(lambda asked: now - asked[1] >= RETRY_S, self._asked.items())
        batch = list(islice(chain(self._unasked, (room for room, _ in late)), ASK_ROOMS))
        for name in batch:
            self.forget(name)
            self._asked[name] = now
        if batch:
            self.ask([m.events_topic(name) for name in batch])
        return bool(self._relinking) or len(batch) == ASK_ROOMS

    def failed(self) -> None:
        """Goes on with the others."""
        self.wake()
