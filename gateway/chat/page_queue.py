"""The page queue: only few pages of history, and lists of rooms, are asked of the broker at once,
each person in turn.

A page is up to a megabyte. To read, send and encode it takes milliseconds in which nobody else gets
an answer: with few of them under way, acks pass between. A list of rooms is short, but the store
counts the unread messages of each room.
"""

from collections import OrderedDict, deque

from common.messages import AnyAnswer
from gateway.chat.join_limiter import Make, OnAnswer
from gateway.rooms.sessions import Session
from gateway.runtime.ports import Broker, Loop, report_fault

PAGES_IN_FLIGHT = 2
"""Of a gateway, so at most twice common.codec.PAGE_BYTES at a time."""
OWED_BYTES = 256 << 10
"""A socket with more unsent bytes has to read them first."""
LOOK_S = 0.1
"""Between two looks whether sockets have read, and whether there is a broker."""

_Waiting = tuple[Session, Make, OnAnswer]


class PageQueue:
    """While its page waits a socket is read no further: what it asks next comes after it, as all
    requests of one socket. So each socket has one page waiting here at most."""

    def __init__(self, link: Broker, loop: Loop) -> None:
        self.in_flight = 0
        self._link = link
        self._loop = loop
        self._waiting: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        """By person, whoever had a turn last at the end."""
        self._asking: set[str] = set()
        """People with a page under way: they get one at a time, however many sockets they have."""
        self._looking = False
        self._working = False

    def __len__(self) -> int:
        """How many pages wait."""
        return sum(map(len, self._waiting.values()))

    def ask(self, session: Session, make: Make, on_answer: OnAnswer) -> None:
        """Asks for the page now or in its turn; `on_answer`, which does not raise, is called once
        unless the socket goes first."""
        self._waiting.setdefault(_person(session), deque()).append((session, make, on_answer))
        self._work()
        if self._is_waiting(session):
            session.socket.ready = False

    def drop(self, session: Session) -> None:
        """The socket is gone: its page is not asked for."""
        # A page that was asked for before the join was answered waits under the socket's id.
        for person in {session.uid, session.socket.sid} & self._waiting.keys():
            left = deque(one for one in self._waiting[person] if one[0] is not session)
            if left:
                self._waiting[person] = left
            else:
                del self._waiting[person]

    def _is_waiting(self, session: Session) -> bool:
        return any(one[0] is session for one in self._waiting.get(_person(session), ()))

    def _work(self) -> None:
        """Asks for as many pages as may be under way."""
        if self._working:  # an answer came while a page was asked for
            return
        self._working = True
        try:
            if not self._link.up:
                self._ask_all()
            for person in list(self._waiting):
                if self.in_flight >= PAGES_IN_FLIGHT:
                    break
                if person not in self._asking:
                    self._try(person)
        finally:
            self._working = False
        if self._waiting and not self._looking:
            self._looking = True
            self._loop.call_later(LOOK_S, self._look)

    def _ask_all(self) -> None:
        """There is no broker: nothing is gained by waiting here, and the link answers each question
        in its time."""
        while self._waiting:
            person, waiting = self._waiting.popitem(last=False)
            for session, make, on_answer in waiting:
                self._ask(person, session, make, on_answer)

    def _look(self) -> None:
        self._looking = False
        self._work()

    def _try(self, person: str) -> None:
        """Asks for this person's next page, of a socket that has read the last ones."""
        waiting = self._waiting[person]
        for _ in range(len(waiting)):
            session, make, on_answer = waiting.popleft()
            if session.socket.owed_bytes <= OWED_BYTES:
                break
            waiting.append((session, make, on_answer))
        else:
            return
        del self._waiting[person]
        if waiting:
            self._waiting[person] = waiting
        self._ask(person, session, make, on_answer)

    def _ask(self, person: str, session: Session, make: Make, on_answer: OnAnswer) -> None:
        """Never raises: it may be the answer to somebody else's page that made room for this."""

        def answered(answer: AnyAnswer | None) -> None:
            self.in_flight -= 1
            self._asking.discard(person)
            on_answer(answer)
            self._work()

        self.in_flight += 1
        self._asking.add(person)
        try:
            self._link.ask(make(self._link.number()), answered)
        except Exception as error:
            self.in_flight -= 1
            self._asking.discard(person)
            report_fault(self._loop, "asking for a page failed", error)
            session.socket.cut_off()
        if not session.socket.ready:
            session.socket.set_ready()


def _person(session: Session) -> str:
    return session.uid or session.socket.sid
