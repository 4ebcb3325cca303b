"""The audience of a public room on this gateway: who hears it, and who is arriving."""

from collections.abc import Sequence

from common.messages import Event, Presence, Typing
from gateway.arrival import Arrival, AskPage
from gateway.fanout import fan_out
from gateway.frames import Batch, Frame
from gateway.lines import lines, newest, reset
from gateway.replica import Replica
from gateway.sessions import Session
from gateway.sockets import Socket

PLAIN_NAMES = 100
"""Names in a crowd's `participant` line."""


class Audience:
    """Members hear all from the replica's head on; arrivals are on their way there."""

    def __init__(self, room: str, replica: Replica, limits: tuple[int, int]) -> None:
        self.room = room
        self.replica = replica
        self.limits = limits
        self.members: dict[Session, None] = {}
        self.arrivals: dict[Session, Arrival] = {}
        self.heard: frozenset[Session] = frozenset()
        """As `Inbox.heard`; a public room is heard by joining only."""
        self.idle_since: float | None = None
        self.roster_due = False
        """A plain socket has not got the newest `participant` line."""
        self.roster_pause = 0.0
        """Monotonic time before which the line is not asked for again."""
        self._object: list[Socket] | None = None
        self._plain: list[Socket] = []

    def __bool__(self) -> bool:
        return bool(self.members or self.arrivals)

    def arrive(self, session: Session, cursor: int | None, head: int) -> None:
        self.arrivals[session] = Arrival(self, session, cursor, head, self.limits)

    def settle(self, session: Session) -> None:
        self.members[session] = None
        self._object = None
        if session.plain:
            self.roster_due = True

    def leave(self, session: Session) -> None:
        self.arrivals.pop(session, None)
        if session in self.members:
            del self.members[session]
            self._object = None

    def advance(self, ask_page: AskPage) -> None:
        """Lets arrivals go as far as they can."""
        for session in [s for s, a in self.arrivals.items() if a.advance(ask_page)]:
            self.arrivals.pop(session, None)

    def deliver(self, events: Sequence[Event]) -> int:
        """Sends new events to all members; tells how many deliveries that is."""
        objects, plain = self._sockets()
        if objects:
            fan_out(objects, lines(self.room, events))
        if plain:
            fan_out(plain, lines(self.room, events, plain=True))
        return (len(objects) + len(plain)) * len(events)

    def start_over(self, epoch: str, head: int, events: Sequence[Event]) -> None:
        """Tells everybody to forget the room's lines, then the newest page."""
        shown = newest(events, *self.limits)
        objects, plain = self._sockets()
        if objects:
            again = [reset(self.room, epoch, head), *lines(self.room, shown).frames]
            fan_out(objects, Batch(again))
        if plain and shown:
            fan_out(plain, lines(self.room, shown, plain=True))
        for arrival in self.arrivals.values():
            arrival.start_over(epoch, head)

    def presence(self, news: Presence) -> None:
        """Who came and went; plain sockets wait for their line (`roster_due`)."""
        objects, plain = self._sockets()
        self.roster_due = self.roster_due or bool(plain)
        payload = {
            "Room": self.room,
            "Since": news.since,
            "Version": news.version,
            "Count": news.count,
            "Joined": news.joined,
            "Left": news.left,
        }
        arriving = [s.socket for s in self.arrivals if not s.plain]
        fan_out([*objects, *arriving], Batch([Frame.event("presence", payload)]))

    def tell_roster(self, names: Sequence[str], count: int, crowd: bool) -> None:
        """The `participant` line for plain sockets."""
        shown = names[:PLAIN_NAMES] if crowd else names
        more = count - len(shown)
        line = ", ".join(shown) + (f", … and {more} more" if more > 0 else "")
        fan_out(self._sockets()[1], Batch([Frame.event("participant", line)]))

    def typing(self, news: Typing) -> None:
        """Who is typing, to the others."""
        everybody = Batch([_typing(self.room, list(news.users.values()))])
        objects, plain = [], []
        for session in self.members:
            own = session.uid in news.users
            others = [n for u, n in news.users.items() if u != session.uid] if own else None
            if session.plain:
                names = list(news.users.values()) if others is None else others
                if others != [] or not news.users:
                    plain.append((session.socket, names[-1] if names else ""))
            elif others is None:
                objects.append(session.socket)
            else:
                session.socket.send(Batch([_typing(self.room, others)]))
        fan_out(objects, everybody)
        for socket, name in plain:
            socket.send(Batch([Frame.event("typing", name)]))

    def _sockets(self) -> tuple[list[Socket], list[Socket]]:
        """The members' sockets as flat lists: of the object form, of the plain form."""
        if self._object is None:
            self._object = [s.socket for s in self.members if not s.plain]
            self._plain = [s.socket for s in self.members if s.plain]
        return self._object, self._plain


def _typing(room: str, users: list[str]) -> Frame:
    return Frame.event("typing", {"Room": room, "Users": users})
