"""The join limiter: only so many joins are sent to the broker at once, so that in a storm of joins
everything else is still answered soon."""

from collections import OrderedDict, deque
from collections.abc import Callable

from common.messages import AnyAnswer, AnyCommand
from gateway.rooms.sessions import Session
from gateway.runtime.ports import Broker, Loop, report_fault

JOINS_IN_FLIGHT = 256
WAITING_JOINS = 100_000
"""Joins beyond this number are given up at once."""

Make = Callable[[int], AnyCommand]
"""Makes the command from the number that it is to have."""
OnAnswer = Callable[[AnyAnswer | None], None]
"""Does not raise."""


class JoinLimiter:
    """First come, first served. While its join waits a socket is held, since the requests of one
    socket are sent in order."""

    def __init__(self, link: Broker, loop: Loop, joins_in_flight: int) -> None:
        self._joins_in_flight = joins_in_flight
        self.in_flight = 0
        self.waiting = 0
        self._link = link
        self._loop = loop
        self._queue: OrderedDict[Session, deque[tuple[Make, OnAnswer]]] = OrderedDict()
        """The waiting joins, by session; the sockets of these sessions are held."""
        self._sending = False

    def join(self, session: Session, make: Make, on_answer: OnAnswer) -> None:
        """Sends the join now or in its turn; `on_answer` is called once."""
        if not self._queue and self.in_flight < self._joins_in_flight:
            return self._send(session, make, on_answer)
        if self.waiting >= WAITING_JOINS:
            return on_answer(None)
        if session not in self._queue:
            self._queue[session] = deque()
            session.socket.hold()
        self._queue[session].append((make, on_answer))
        self.waiting += 1

    def drop(self, session: Session) -> None:
        """The socket is gone: its waiting joins are not sent."""
        joins = self._queue.pop(session, deque())
        self.waiting -= len(joins)
        for _, on_answer in joins:
            on_answer(None)

    def _send_next(self) -> None:
        """Sends as many joins as may be in flight."""
        if self._sending:  # an answer came while a join was sent
            return
        self._sending = True
        try:
            while self._queue and self.in_flight < self._joins_in_flight:
                session, joins = next(iter(self._queue.items()))
                make, on_answer = joins.popleft()
                if not joins:
                    del self._queue[session]
                self.waiting -= 1
                self._send(session, make, on_answer)
                if not joins:
                    session.socket.release()
        finally:
            self._sending = False

    def _send(self, session: Session, make: Make, on_answer: OnAnswer) -> None:
        """Never raises: the caller may be the answer to somebody else's join."""

        def receive(answer: AnyAnswer | None) -> None:
            self.in_flight -= 1
            on_answer(answer)
            self._send_next()

        session.known_to_broker = True
        self.in_flight += 1
        try:
            self._link.ask(make(self._link.number()), receive, hold=True)
        except Exception as error:
            self.in_flight -= 1
            report_fault(self._loop, "a join failed", error)
            session.socket.cut_off()
            on_answer(None)
