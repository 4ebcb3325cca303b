"""A private room on this gateway: its members' sockets hear it without joining."""

from collections.abc import Iterable, Sequence

from common.messages import Event, Typing
from gateway.arrival import Arrival, AskPage
from gateway.frames import Batch, Frame
from gateway.lines import lines
from gateway.replica import Replica
from gateway.sessions import Session


class Inbox:
    """Each session has a floor of its own (`Session.private`): what is at or below it was sent, or
    was there before the socket's first join."""

    def __init__(self, room: str, replica: Replica, limits: tuple[int, int]) -> None:
        self.room = room
        self.replica = replica
        self.limits = limits
        self.members: dict[Session, None] = {}
        self.arrivals: dict[Session, Arrival] = {}
        self.heard: set[Session] = set()
        """Who was sent live events: they can no longer recover by `since` in order."""

    def add(self, sessions: Iterable[Session]) -> None:
        """These sockets of members hear the room from their floor on."""
        for session in sessions:
            if session.gone or session.plain or session in self.members:
                continue
            self.members[session] = None
            if session.private.setdefault(self.room, 0) < self.replica.head:
                self._catch_up(session)

    def arrive(self, session: Session, cursor: int | None, head: int) -> None:
        """A join of this room: its page or what was missed comes before what is live."""
        self.members[session] = None
        self.arrivals[session] = Arrival(self, session, cursor, head, self.limits)

    def settle(self, session: Session) -> None:
        session.private[self.room] = max(session.private.get(self.room, 0), self.replica.head)
        self.heard.add(session)

    def leave(self, session: Session) -> None:
        self.members.pop(session, None)
        self.arrivals.pop(session, None)
        self.heard.discard(session)

    def advance(self, ask_page: AskPage) -> None:
        """Lets arrivals go as far as they can."""
        for session, arrival in list(self.arrivals.items()):
            if not session.settling and arrival.advance(ask_page):
                self.arrivals.pop(session, None)

    def deliver(self, events: Sequence[Event]) -> int:
        """Sends new events to each member above its floor; tells how many deliveries that is."""
        everybody = lines(self.room, events)
        deliveries = 0
        for session in self.members:
            if session in self.arrivals:
                continue
            floor = session.private.get(self.room, 0)
            if session.settling:
                self._catch_up(session)
                continue
            new = [e for e in events if e.seq > floor]
            if new:
                whole = len(new) == len(events)
                session.socket.send(everybody if whole else lines(self.room, new))
                session.private[self.room] = new[-1].seq
                self.heard.add(session)
                deliveries += len(new)
        return deliveries

    def start_over(self, epoch: str, head: int, events: Sequence[Event]) -> None:
        """Tells everybody to forget the room's lines; the newest page follows."""
        del events  # each socket gets its page as an arrival
        for session in self.members:
            arrival = self.arrivals.get(session)
            if arrival is None:
                arrival = self.arrivals[session] = Arrival(self, session, None, head, self.limits)
            session.private[self.room] = 0
            arrival.start_over(epoch, head)

    def typing(self, news: Typing) -> None:
        """Who is typing, to the others."""
        for session in self.members:
            others = [name for uid, name in news.users.items() if uid != session.uid]
            payload = {"Room": self.room, "Users": others}
            session.socket.send(Batch([Frame.event("typing", payload)]))

    def _catch_up(self, session: Session) -> None:
        floor = session.private.get(self.room, 0)
        self.arrivals[session] = Arrival(self, session, floor, 0, self.limits)
