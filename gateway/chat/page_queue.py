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

SWEEP_S = 1.0
"""Seconds between two looks, without a broker, for pages that have waited too long: every socket
of a crowd may have one."""

_Waiting = tuple[Session, Make, OnAnswer, float]
"""The last one is when it is given up without a broker, by the loop's clock."""


class PageQueue:
    """While a page of its own waits a socket is held, since the requests of one socket are sent in
    order.

    While there is no broker, sockets are not held and may have several pages, which wait here as
    long as questions wait in the link. When the broker is back they are requested few at once, as
    always.
    """

    def __init__(self, link: Broker, loop: Loop, timeout_s: float) -> None:
        self.in_flight = 0
        self._link = link
        self._loop = loop
        self._timeout_s = timeout_s
        self._waiting: OrderedDict[str, deque[_Waiting]] = OrderedDict()
        """By person; a person whose turn it was is put at the end."""
        self._asking: set[str] = set()
        """People with a page under way: each gets one at a time, however many sockets that person
        has."""
        self._held: set[Session] = set()
        """Sessions whose sockets this queue holds, since a page of theirs waits."""
        self._check_planned = False
        self._requesting = False
        self._sweep_at = 0.0
        """When pages that wait without a broker are looked through next; 0 while there is one."""

    def __len__(self) -> int:
        """How many pages wait."""
        return sum(map(len, self._waiting.values()))

    def ask(self, session: Session, make: Make, on_answer: OnAnswer) -> None:
        """Requests the page now or in its turn; `on_answer`, which does not raise, is called once
        unless the socket is gone before the page's turn."""
        page = (session, make, on_answer, self._loop.time() + self._timeout_s)
        self._waiting.setdefault(_person(session), deque()).append(page)
        self._request_next()
        if self._link.up and self._is_waiting(session) and session not in self._held:
            self._held.add(session)
            session.socket.hold()

    def drop(self, session: Session) -> None:
        """The socket is gone: its waiting page is not requested."""
        self._held.discard(session)
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
            if self._link.up:
                self._sweep_at = 0.0
                self._request_some()
            elif self._loop.time() >= self._sweep_at:
                self._sweep_at = self._loop.time() + SWEEP_S
                self._give_up_overdue()
        finally:
            self._requesting = False
        if self._waiting and not self._check_planned:
            self._check_planned = True
            self._loop.call_later(CHECK_S, self._check)

    def _request_some(self) -> None:
        for person in list(self._waiting):
            if self.in_flight >= PAGES_IN_FLIGHT:
                break
            if person in self._waiting and person not in self._asking:
                self._request_of(person)

    def _give_up_overdue(self) -> None:
        """Without a broker: answers pages that have waited too long, and holds no socket."""
        now = self._loop.time()
        for person in list(self._waiting):
            pages = list(self._waiting.get(person, ()))
            kept = deque(page for page in pages if page[3] > now)
            if kept:
                self._waiting[person] = kept
            else:
                self._waiting.pop(person, None)
            for _, _, on_answer, give_up_at in pages:
                if give_up_at <= now:
                    on_answer(None)
        for session in list(self._held):
            self._release(session)  # its next request may be for a page as well

    def _check(self) -> None:
        self._check_planned = False
        self._request_next()

    def _request_of(self, person: str) -> None:
        """Requests this person's next page, for a socket that has read the pages before."""
        waiting = self._waiting[person]
        for _ in range(len(waiting)):
            page = session, make, on_answer, _ = waiting.popleft()
            if session.socket.unsent_bytes <= UNSENT_BYTES:
                break
            waiting.append(page)
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
        if not self._is_waiting(session):
            self._release(session)

    def _release(self, session: Session) -> None:
        """Ends the hold of this queue, if there is one."""
        if session in self._held:
            self._held.discard(session)
            session.socket.release()


def _person(session: Session) -> str:
    return session.uid or session.socket.sid
