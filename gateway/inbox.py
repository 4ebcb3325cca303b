"""A private room on this gateway: its members' sockets hear it without joining."""

from collections.abc import Iterable, Sequence

from common.messages import Event
from gateway.hearing import Hearing
from gateway.sessions import Session


class Inbox(Hearing):
    """Each session has a floor of its own (`Session.private`): what is at or below it was sent, or
    was there before the socket's first join."""

    patient = True

    def add(self, sessions: Iterable[Session]) -> None:
        """These sockets of members hear the room from their floor on."""
        for session in sessions:
            if session.gone or session.plain:
                continue
            if session in self.members or session in self.arrivals:
                continue
            floor = session.floor(self.room)
            session.set_floors({self.room: floor})
            if floor == self.head and not session.settling:
                self.settle(session)
            else:
                self.arrive(session, floor, floor)

    def was_sent(self, session: Session) -> bool:
        arrival = self.arrivals.get(session)
        if arrival is not None:
            return not arrival.fresh and arrival.cursor > session.floor(self.room)
        return session in self.members and self.head > session.floor(self.room)

    def start_over(self, epoch: str, head: int, events: Sequence[Event]) -> None:
        for session in self.members:
            session.set_floors({self.room: 0})
        super().start_over(epoch, head, events)
