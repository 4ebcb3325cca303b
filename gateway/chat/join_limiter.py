"""The admission: only so many joins are asked of the broker at once, so that in a storm of them
everything else has its answer soon."""

from collections import OrderedDict, deque
from collections.abc import Callable

from common.messages import AnyAnswer, AnyCommand
from gateway.rooms.sessions import Session
from gateway.runtime.ports import Broker, Loop, report_fault

JOINS_IN_FLIGHT = 256
WAITING_JOINS = 100_000
"""More are left unanswered."""

Make = Callable[[int], AnyCommand]
OnAnswer = Callable[[AnyAnswer | None], None]
"""Does not raise."""


class JoinLimiter:
    """First come, first served. While its join waits a socket is read no further: what it asks
    next comes after it."""

    def __init__(self, link: Broker, loop: Loop) -> None:
        self.most = JOINS_IN_FLIGHT
        self.in_flight = 0
        self.waiting = 0
        self._link = link
        self._loop = loop
        self._queue: OrderedDict[Session, deque[tuple[Make, OnAnswer]]] = OrderedDict()
        self._held: set[Session] = set()
        """Those of the queue whose sockets are to be read again once it is their turn."""
        self._admitting = False

    def join(self, session: Session, make: Make, on_answer: OnAnswer) -> None:
        """Asks now or by and by; `on_answer` is called once."""
        if self.waiting >= WAITING_JOINS:
            return on_answer(None)
        self._queue.setdefault(session, deque()).append((make, on_answer))
        self.waiting += 1
        self._admit()
        if session in self._queue and session.socket.ready:
            self._held.add(session)
            session.socket.ready = False

    def drop(self, session: Session) -> None:
        """The socket is gone: what waits is not asked."""
        self._held.discard(session)
        joins = self._queue.pop(session, deque())
        self.waiting -= len(joins)
        for _, on_answer in joins:
            on_answer(None)

    def _admit(self) -> None:
        if self._admitting:  # an answer came while it was asked
            return
        self._admitting = True
        try:
            while self._queue and self.in_flight < self.most:
                session, joins = next(iter(self._queue.items()))
                make, on_answer = joins.popleft()
                if not joins:
                    del self._queue[session]
                self.waiting -= 1
                self._ask(session, make, on_answer)
                if not joins and session in self._held:
                    self._held.discard(session)
                    session.socket.set_ready()
        finally:
            self._admitting = False

    def _ask(self, session: Session, make: Make, on_answer: OnAnswer) -> None:
        """Never raises: it may be the answer to somebody else's join that made room for this."""

        def answered(answer: AnyAnswer | None) -> None:
            self.in_flight -= 1
            on_answer(answer)
            self._admit()

        session.known_to_broker = True
        self.in_flight += 1
        try:
            self._link.ask(make(self._link.number()), answered, hold=True)
        except Exception as error:
            self.in_flight -= 1
            report_fault(self._loop, "a join failed", error)
            session.socket.cut_off()
