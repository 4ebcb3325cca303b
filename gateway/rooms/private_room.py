"""A private room on this gateway: the sockets of its members are subscribed without joining."""

from collections.abc import Iterable, Sequence

from common.messages import Event
from gateway.rooms.room import Room
from gateway.rooms.sessions import Session


class PrivateRoom(Room):
    """A room whose events the gateway gets on its own topic and sends to the members only.

    Each session has a floor for each private room (`Session.floors`). Events up to it are older
    than the session, or than the room in the person's list of rooms. They are sent to the socket
    only if it joins the room: with an older `since`, or without one.
    """

    waits_for_joins = True

    def add(self, sessions: Iterable[Session]) -> None:
        """Subscribes these sockets of members; each is sent the events above its floor."""
        for session in sessions:
            if session.gone or session.plain:
                continue
            if session in self.subscribers or session in self.catch_ups:
                continue
            floor = session.floor(self.name)
            session.set_floors({self.name: floor})
            if floor == self.broadcast_head and not session.joins_pending:
                self.subscribe(session)
            else:
                self.catch_up(session, floor, floor)

    def was_sent(self, session: Session) -> bool:
        catch_up = self.catch_ups.get(session)
        if catch_up is not None:
            return not catch_up.fresh and catch_up.cursor > session.floor(self.name)
        return session in self.subscribers and self.broadcast_head > session.floor(self.name)

    def start_over(self, epoch: str, head: int, events: Sequence[Event]) -> None:
        for session in self.subscribers:
            session.set_floors({self.name: 0})
        super().start_over(epoch, head, events)
