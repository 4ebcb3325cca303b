"""The page queue: only few pages of history, and lists of rooms, are requested from the broker at
once, each person in turn.

A page has up to a megabyte. To read, send and encode it takes milliseconds in which nobody else
gets an answer: with few pages under way, acks pass between them. A list of rooms is short, but the
store counts the unread messages of each room.
"""

from collections import OrderedDict, deque

from common.messages import AnyAnswer
from gateway.chat.join_limiter import Make, OnAnswer
from gateway.rooms.sessions import Session
from gateway.runtime.ports import Broker, Loop, report_fault

PAGES_IN_FLIGHT = 2
"""Pages under way of one gateway, so at most twice common.codec.PAGE_BYTES at a time."""
UNSENT_BYTES = 256 << 10
"""A socket with more unsent bytes has to read them before its next page is requested."""
CHECK_S = 0.1
"""Seconds between two checks whether sockets have read, and whether there is a broker."""

_Waiting = tuple[Session, Make, OnAnswer]


class PageQueue:
    """While its page waits a socket is read no further, since the requests of one socket are sent
    in order. So each socket has one waiting page at most."""

    def __init__(self, link: Broker, loop: Loop) -> None:
        self.in_flight = 0
        self._link = link
        self._loop = loop
        self._waiting: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        """By person; a person whose turn it was is put at the end."""
        self._asking: set[str] = set()
        """People with a page under way: each gets one at a time, however many sockets that person
        has."""
        self._check_planned = False
        self._requesting = False

    def __len__(self) -> int:
        """How many pages wait."""
        return sum(map(len, self._waiting.values()))

    def ask(self, session: Session, make: Make, on_answer: OnAnswer) -> None:
        """Requests the page now or in its turn; `on_answer`, which does not raise, is called once
        unless the socket is gone before the page's turn."""
        self._waiting.setdefault(_person(session), deque()).append((session, make, on_answer))
        self._request_next()
        if self._is_waiting(session):
            session.socket.ready = False

    def drop(self, session: Session) -> None:
        """The socket is gone: its waiting page is not requested."""
        # A page that was queued before the join was answered waits under the socket's id.
        for person in {session.uid, session.socket.sid} & self._waiting.keys():
            others = deque(page for page in self._waiting[person] if page[0] is not session)
            if others:
                self._waiting[person] = others
            else:
                del self._waiting[person]

    def _is_waiting(self, session: Session) -> bool:
        return any(page[0] is session for page in self._waiting.get(_person(session), ()))

    def _request_next(self) -> None:
        """Requests as many pages as may be under way."""
        if self._requesting:  # an answer came while a page was requested
            return
        self._requesting = True
        try:
            if not self._link.up:
                self._request_all()
            for person in list(self._waiting):
                if self.in_flight >= PAGES_IN_FLIGHT:
                    break
                if person not in self._asking:
                    self._request_of(person)
        finally:
            self._requesting = False
        if self._waiting and not self._check_planned:
            self._check_planned = True
            self._loop.call_later(CHECK_S, self._check)

    def _request_all(self) -> None:
        """There is no broker: nothing is gained by waiting here, and the link gives up each
        question in its time."""
        while self._waiting:
            person, waiting = self._waiting.popitem(last=False)
            for session, make, on_answer in waiting:
                self._request(person, session, make, on_answer)

    def _check(self) -> None:
        self._check_planned = False
        self._request_next()

    def _request_of(self, person: str) -> None:
        """Requests this person's next page, for a socket that has read the pages before."""
        waiting = self._waiting[person]
        for _ in range(len(waiting)):
            session, make, on_answer = waiting.popleft()
            if session.socket.unsent_bytes <= UNSENT_BYTES:
                break
            waiting.append((session, make, on_answer))
        else:
            return
        del self._waiting[person]
        if waiting:
            self._waiting[person] = waiting
        self._request(person, session, make, on_answer)

    def _request(self, person: str, session: Session, make: Make, on_answer: OnAnswer) -> None:
        """Never raises: the caller may be the answer to somebody else's page."""

        def receive(answer: AnyAnswer | None) -> None:
            self.in_flight -= 1
            self._asking.discard(person)
            on_answer(answer)
            self._request_next()

        self.in_flight += 1
        self._asking.add(person)
        try:
            self._link.ask(make(self._link.number()), receive)
        except Exception as error:
            self.in_flight -= 1
            self._asking.discard(person)
            report_fault(self._loop, "requesting a page failed", error)
            session.socket.cut_off()
        if not session.socket.ready:
            session.socket.set_ready()


def _person(session: Session) -> str:
    return session.uid or session.socket.sid
