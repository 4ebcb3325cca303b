"""The rooms of this gateway: those that somebody here hears, and a public one for a while after."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, takewhile

from common import messages as m
from common.names import SYSTEM, is_private
from common.settings import Settings
from gateway.asking import Broker, Loop
from gateway.audience import Audience, topics
from gateway.context import RoomContext
from gateway.hearing import Hearing
from gateway.inbox import Inbox
from gateway.marks import Marks
from gateway.orders import Limits
from gateway.replica import Replica
from gateway.sessions import Session, Sessions

HOLD_BYTES = 8 << 20
"""Events of one room that wait behind a hole."""

FORGET_ROOMS = 200
"""In one turn of the upkeep."""


class Rooms:
    """Public rooms are Audiences, private ones Inboxes."""

    def __init__(
        self,
        settings: Settings,
        link: Broker,
        sessions: Sessions,
        context: RoomContext,
        marks: Marks,
        loop: Loop,
    ) -> None:
        self.audiences: dict[str, Audience] = {}
        self.inboxes: dict[str, Inbox] = {}
        self.empty: dict[Audience, float] = {}
        """Audiences that nobody was in, and since when."""
        self._context = context
        self._marks = marks
        self._link = link
        self._loop = loop
        self._sessions = sessions
        self._limits = Limits(
            replay_events=min(1000, 2 * settings.replay_events),
            recovery_events=settings.recovery_events,
            hold_bytes=HOLD_BYTES,
        )

    def hearings(self) -> list[Hearing]:
        return [*self.audiences.values(), *self.inboxes.values()]

    def get(self, room: str) -> Hearing | None:
        audience = self.audiences.get(room)  # which is false if nobody hears it
        return self.inboxes.get(room) if audience is None else audience

    def audience(self, room: str) -> Audience:
        """The audience of a public room; a new one takes the room's topics up."""
        audience = self.audiences.get(room)
        if audience is None:
            replica = Replica(room, self._limits)
            audience = self.audiences[room] = Audience(room, replica, self._context)
            self._link.subscribe(topics(room))
            self._marks.want(room)
            self._emptied(audience)
        return audience

    def inbox(self, room: str, epoch: str, here: Iterable[Session]) -> Inbox:
        """A private room's hearers. A new one begins at the lowest floor of those here, so that
        what they were not sent shows as a hole."""
        here = list(here)
        inbox = self.inboxes.get(room)
        if inbox is None:
            floor = min(session.floor(room) for session in here)
            replica = Replica(room, self._limits, private=True, epoch=epoch, head=floor)
            inbox = self.inboxes[room] = Inbox(room, replica, self._context)
        inbox.add(here)
        return inbox

    def members_here(self, uids: Iterable[str]) -> list[Session]:
        """The sockets here that hear a private room of these people."""
        return [s for s in self._sessions.of(uids) if not s.plain and not s.gone]

    def leave(self, room: str, session: Session) -> None:
        """The socket hears this public room no more."""
        audience = self.audiences.get(room)
        if audience is not None:
            audience.leave(session)
            if not audience:
                self._emptied(audience)

    def leave_all(self, session: Session) -> None:
        """The socket is gone."""
        for room in (SYSTEM, *session.rooms):
            self.leave(room, session)
        for room in session.private:
            inbox = self.inboxes.get(room)
            if inbox is not None:
                inbox.leave(session)
                if not inbox:
                    self._close(inbox)
                    del self.inboxes[room]

    def forget_empty(self, since: float) -> None:
        """Not a byte is wanted of rooms that nobody has heard since then. (A few at a time.)"""
        old = takewhile(lambda audience: self.empty[audience] <= since, self.empty)
        for audience in list(islice(old, FORGET_ROOMS)):
            del self.empty[audience]
            if not audience and audience.room != SYSTEM:
                self._close(audience)
                self._context.rosters.forget(audience)
                del self.audiences[audience.room]
                self._link.unsubscribe(topics(audience.room))
                self._marks.forget(audience.room)

    def _close(self, hearing: Hearing) -> None:
        hearing.closed = True
        self._context.tails.forget(hearing)

    def _emptied(self, audience: Audience) -> None:
        self.empty.pop(audience, None)
        self.empty[audience] = self._loop.time()

    def happened(self, news: m.Happened) -> None:
        """Events were published."""
        hearing: Hearing | None = self.audiences.get(news.room)
        if is_private(news.room):
            here = self.members_here(news.to)
            self._sessions.begin(news.room, news.floors)
            hearing = self.inbox(news.room, news.epoch, here) if here else None
        if hearing is not None:
            hearing.on_events(news.epoch, news.events)

    def told_head(self, room: str, epoch: str, head: int) -> None:
        """The broker says where a room is: a hole at its very end shows."""
        hearing = self.get(room)
        if hearing is not None:
            hearing.on_head(epoch, head)
        elif is_private(room):
            self.look_up(room)

    def told_private_heads(
        self, epoch: str, heads: Mapping[str, int], members: Mapping[str, Sequence[str]]
    ) -> None:
        """The broker says where private rooms are, and who of those here belongs to them."""
        for room, uids in members.items():
            here = self.members_here(uids)
            known = room in self.inboxes
            if known or any(s.floor(room) < heads[room] for s in here):
                inbox = self.inbox(room, epoch, here)
                inbox.on_head(epoch, heads[room])
                if not known:
                    self.look_up(room)  # members who were not asked about may be here

    def advance(self) -> None:
        """Lets all arrivals go as far as they can."""
        for arrivals in self._context.arriving:
            arrivals.go_on()

    def look_up(self, room: str) -> None:
        """A private room that is news here: who are its members?"""

        def on_page(page: m.Paged | None) -> None:
            if page is None:
                return self._context.later(lambda: self.look_up(room))
            here = self.members_here(page.to)
            if here:
                inbox = self.inbox(room, page.epoch, here)
                inbox.on_head(page.epoch, page.head)

        self._context.ask_page(room, on_page, limit=1)
