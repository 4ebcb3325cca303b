"""The rooms heard on this gateway: does what their replicas order, for whoever hears them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice, takewhile
from typing import ParamSpec, assert_never

from common import messages as m
from common.names import SYSTEM, is_private
from common.settings import Settings
from gateway.asking import Broker, Clock, Loop, ask_page, tell_fault
from gateway.audience import Audience, topics
from gateway.hearing import Hearing, Means
from gateway.inbox import Inbox
from gateway.metrics import Metrics
from gateway.orders import AskPage, Deliver, Limits, Order, StartOver
from gateway.replica import Replica
from gateway.sessions import Session, Sessions
from gateway.slices import Slices
from gateway.tails import Tails

HOLD_BYTES = 8 << 20
"""Events of one room that wait behind a hole."""

FORGET_ROOMS = 200
"""In one turn of the upkeep."""

P = ParamSpec("P")


class Rooms:
    """Public rooms are Audiences, private ones Inboxes."""

    def __init__(
        self, settings: Settings, link: Broker, sessions: Sessions, metrics: Metrics, loop: Loop
    ) -> None:
        self.audiences: dict[str, Audience] = {}
        self.inboxes: dict[str, Inbox] = {}
        self.empty: dict[Audience, float] = {}
        """Audiences that nobody was in, and since when."""
        self.clock: Clock
        self.tails = Tails(settings.tail_bytes)
        self._ask_page = partial(ask_page, link)
        self.means = Means(
            Slices(loop),
            sessions,
            metrics,
            self._ask_page,
            self._resume,
            self._begin_anew,
            (settings.replay, settings.replay_events + 1),
        )
        self._link = link
        self._loop = loop
        self._sessions = sessions
        self._metrics = metrics
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
            audience = self.audiences[room] = Audience(room, replica, self.means)
            self._link.subscribe(topics(room))
            self.clock.want_mark(room)
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
            inbox = self.inboxes[room] = Inbox(room, replica, self.means)
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
                    self.tails.forget(inbox)
                    del self.inboxes[room]

    def forget_empty(self, since: float) -> None:
        """Not a byte is wanted of rooms that nobody has heard since then. (A few at a time.)"""
        old = takewhile(lambda audience: self.empty[audience] <= since, self.empty)
        for audience in list(islice(old, FORGET_ROOMS)):
            del self.empty[audience]
            if not audience and audience.room != SYSTEM:
                self.tails.forget(audience)
                self.means.rosters_due.pop(audience, None)
                del self.audiences[audience.room]
                self._link.unsubscribe(topics(audience.room))
                self.clock.forget_mark(audience.room)

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
        if hearing is None:
            return
        if hearing.full and news.events:
            hearing.stalled = True
            self.carry_out(hearing, hearing.replica.told_head, news.epoch, news.events[-1].seq)
        else:
            self.carry_out(hearing, hearing.replica.happened, news.epoch, news.events)

    def told_head(self, room: str, epoch: str, head: int) -> None:
        """The broker says where a room is: a hole at its very end shows."""
        hearing = self.get(room)
        if hearing is not None:
            self.carry_out(hearing, hearing.replica.told_head, epoch, head)
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
                self.carry_out(inbox, inbox.replica.told_head, epoch, heads[room])
                if not known:
                    self.look_up(room)  # members who were not asked about may be here

    def relinked(self, hearing: Hearing) -> bool:
        """There is a new link: this one must be proven live again. False if it is no more."""
        here = self.get(hearing.room) is hearing
        if here:
            self.carry_out(hearing, hearing.replica.relinked)
        return here

    def advance(self) -> None:
        """Lets all arrivals go as far as they can."""
        for arrivals in self.means.arriving:
            arrivals.go_on()

    def carry_out(
        self,
        hearing: Hearing,
        tell: Callable[P, Sequence[Order]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Tells the hearing's replica something, and does what it orders."""
        try:
            self._carry_out(hearing, tell(*args, **kwargs))
        except Exception as error:
            tell_fault(self._loop, "a room failed", error)
            hearing.failed()

    def _carry_out(self, hearing: Hearing, orders: Sequence[Order]) -> None:
        for order in orders:
            match order:
                case AskPage() if hearing.full:
                    hearing.stalled = True  # it is asked for once there is room
                case AskPage(room=room, after=after, limit=limit):
                    self._metrics.holes_found.inc()
                    self._ask_page(
                        partial(_page, room, after, limit), partial(self._paged, hearing)
                    )
                case Deliver(events=events):
                    hearing.deliver(events)
                case StartOver(epoch=epoch, head=head, events=events):
                    self._metrics.resets.inc()
                    hearing.start_over(epoch, head, events)
                case _:
                    assert_never(order)
        if self.get(hearing.room) is hearing:
            self.tails.touch(hearing)
        if hearing.live is not hearing.replica.live:
            hearing.live = hearing.replica.live
            hearing.arrivals.go_on()

    def _resume(self, hearing: Hearing) -> None:
        self.carry_out(hearing, hearing.replica.page_failed)

    def _begin_anew(self, hearing: Hearing) -> None:
        """By the newest page, asked for after a while: what failed may fail again."""
        hearing.replica.doubt()
        hearing.live = False
        self.clock.later(lambda: self.carry_out(hearing, hearing.replica.page_failed))

    def _paged(self, hearing: Hearing, page: m.Paged | None) -> None:
        if page is None:
            self.clock.later(lambda: self.carry_out(hearing, hearing.replica.page_failed))
        else:
            self._metrics.holes_filled.inc()
            self.carry_out(hearing, hearing.replica.paged, page)

    def look_up(self, room: str) -> None:
        """A private room that is news here: who are its members?"""

        def on_page(page: m.Paged | None) -> None:
            if page is None:
                return self.clock.later(lambda: self.look_up(room))
            here = self.members_here(page.to)
            if here:
                inbox = self.inbox(room, page.epoch, here)
                self.carry_out(inbox, inbox.replica.told_head, page.epoch, page.head)

        self._ask_page(lambda no: m.Page(no=no, room=room, limit=1), on_page)


def _page(room: str, after: int | None, limit: int, no: int) -> m.Page:
    return m.Page(no=no, room=room, after=after, limit=limit)
