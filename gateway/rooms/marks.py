"""The marks: ask the broker to prove, topic by topic, that the gateway's subscriptions are live.

ZeroMQ does not say when a subscription has reached the publisher. So the gateway asks the broker to
publish a mark on the topic: once the mark has come, every later event will come, too.
"""

import secrets
from collections import deque
from collections.abc import Iterable
from itertools import chain, islice, takewhile
from typing import Protocol

from common import messages as m
from gateway.runtime.ports import Broker, Loop
from gateway.runtime.questions import RETRY_S
from gateway.runtime.work_queue import WorkQueue

TAKE_UP_TOPICS = 500
"""How many topics one TakeUp command asks for."""


class MarkSubscriber(Protocol):
    """A room of this gateway, whose topic is marked if it has one."""

    name: str
    has_topic: bool
    closed: bool

    def on_new_link(self) -> None: ...


class Marks:
    """Asks for the marks of topics, and again for each mark that has not come in time. It does not
    use `ask_until_answered`, since the broker's answer proves nothing: the mark, which is
    broadcast, may be lost.

    Implements `work_queue.Work`, because a new link may need very many marks.
    """

    def __init__(self, link: Broker, work_queue: WorkQueue, loop: Loop) -> None:
        self._link = link
        self._work_queue = work_queue
        self._loop = loop
        self._nonce = ""
        self._relinking: deque[MarkSubscriber] = deque()
        """Rooms that were not told of the new link yet."""
        self._unasked: dict[str, None] = {}
        """Topics whose mark is missing and was not asked for yet."""
        self._asked: dict[str, float] = {}
        """Topics whose mark was asked for, and when (monotonic), the oldest first."""

    @property
    def missing(self) -> bool:
        """Whether any subscription is not proven yet."""
        return bool(self._relinking or self._unasked or self._asked)

    def on_link_up(self, own_topic: str, rooms: Iterable[MarkSubscriber]) -> None:
        """Begins anew on a new link: the gateway's own topic, and then the topics of all these
        rooms, have to be proven live on it."""
        self._nonce = secrets.token_hex(8)
        self._relinking = deque(rooms)
        self._unasked = {own_topic: None}
        self._asked = {}
        self.wake()

    def is_current(self, mark: m.Marked) -> bool:
        """Whether this mark was asked for on the present link."""
        return mark.nonce == self._nonce

    def add(self, topic: str) -> None:
        """Asks for the mark of this topic: its subscription is new, or nothing was heard of it for
        long."""
        self._asked.pop(topic, None)
        self._unasked[topic] = None
        self.wake()

    def forget(self, topic: str) -> None:
        """Asks for the mark of this topic no more: the mark has come, or the room is closed."""
        self._unasked.pop(topic, None)
        self._asked.pop(topic, None)

    def wake(self) -> None:
        """Asks for the marks that are missing, if their time has come. Call this regularly."""
        if self.missing:
            self._work_queue.wake(self)

    def step(self) -> bool:
        if not self._link.up:
            return False
        for _ in range(min(TAKE_UP_TOPICS, len(self._relinking))):
            room = self._relinking.popleft()
            if not room.closed:
                room.on_new_link()
                if room.has_topic:
                    self._unasked[m.events_topic(room.name)] = None
        now = self._loop.time()
        late = takewhile(lambda asked: now - asked[1] >= RETRY_S, self._asked.items())
        batch = list(islice(chain(self._unasked, (topic for topic, _ in late)), TAKE_UP_TOPICS))
        for topic in batch:
            self.forget(topic)
            self._asked[topic] = now
        if batch:
            command = m.TakeUp(no=self._link.number(), topics=batch, nonce=self._nonce)
            self._link.ask(command, lambda _: None)
        return bool(self._relinking) or len(batch) == TAKE_UP_TOPICS

    def failed(self) -> None:
        """Continues with the other rooms."""
        self.wake()
