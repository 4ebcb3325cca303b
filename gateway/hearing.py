"""A hearing: one room as it is heard here. Members are sent each batch in passes, arrivals are
brought to where the passes are."""

from collections.abc import Callable, Sequence
from typing import ParamSpec, assert_never

from common.messages import Event, Paged, Typing
from gateway.arrivals import Arrivals
from gateway.context import RoomContext
from gateway.fanout import Row
from gateway.frames import Batch
from gateway.gathering import Gathering, Notice
from gateway.lines import Lines, typing_frames
from gateway.members import Members
from gateway.orders import AskPage, Deliver, Order, StartOver
from gateway.passes import Pass
from gateway.replica import Replica
from gateway.sessions import Session

P = ParamSpec("P")


class Hearing:
    """What is to be sent gathers, and is sent in passes over the members, one after the other, from
    the next turn of the loop on: while one is under way, the next batch gathers. It is
    slices.Work."""

    has_topic = False
    """Whether its events come on a topic of its own, which a new link has to prove live."""
    patient = False
    """Arrivals wait until the joins of their handshake were answered."""

    def __init__(self, room: str, replica: Replica, context: RoomContext) -> None:
        self.room = room
        self.replica = replica
        self.members = Members()
        self.lines = Lines(room, replica.limits.tail_events)
        self.live = False
        """The replica was, when it was looked at last."""
        self.stalled = False
        """Something was not taken since too much waits: it is asked for once there is room."""
        self.closed = False
        """The gateway has forgotten this room: what is still on its way changes nothing."""
        self._context = context
        self._gathering = Gathering()
        self._pass: Pass | None = None
        self.arrivals = Arrivals(self, context)

    def __bool__(self) -> bool:
        return bool(self.members or self.arrivals)

    @property
    def head(self) -> int:
        """The Seq up to which passes have begun: who has all up to here may settle. -1: nobody
        may."""
        return self._gathering.begun(self.replica.head)

    @property
    def full(self) -> bool:
        """As much waits as may."""
        return self._gathering.full

    @property
    def kept_bytes(self) -> int:
        """What is kept for newcomers."""
        return self.replica.tail_bytes + self.lines.bytes

    def shed(self) -> None:
        """Drops what is kept for newcomers."""
        self.replica.shed()
        self.lines.shed()

    def was_sent(self, session: Session) -> bool:
        """It was sent lines though it has not joined: what was before can no longer come in
        order."""
        return False

    # --- what the broker says --------------------------------------------------------------------

    def on_events(self, epoch: str, events: Sequence[Event]) -> None:
        """Events were published. If as much waits as may, only their Seq is noted."""
        if self.full and events:
            self.stalled = True
            self._apply(self.replica.told_head, epoch, events[-1].seq)
        else:
            self._apply(self.replica.happened, epoch, events)

    def on_head(self, epoch: str, head: int) -> None:
        """The room's log has this head: a hole at its very end shows."""
        self._apply(self.replica.told_head, epoch, head)

    def on_mark(self, epoch: str, head: int) -> None:
        """The room's topic is live."""
        self._apply(self.replica.marked, epoch, head)

    def on_new_link(self) -> None:
        """Nothing proves that the room's topic is live on the new link."""
        self._apply(self.replica.relinked)

    def _on_page(self, page: Paged | None) -> None:
        if page is None:
            self._ask_again_later()
        else:
            self._context.metrics.holes_filled.inc()
            self._apply(self.replica.paged, page)

    def _ask_again_later(self) -> None:
        self._context.later(lambda: self._apply(self.replica.page_failed))

    def _apply(self, tell: Callable[P, Sequence[Order]], *args: P.args, **kwargs: P.kwargs) -> None:
        """Tells the replica something, and does what it orders."""
        try:
            for order in tell(*args, **kwargs):
                self._do(order)
            if not self.closed:
                self._context.tails.touch(self)
            if self.live is not self.replica.live:
                self.live = self.replica.live
                self.arrivals.go_on()
        except Exception as error:
            self._context.fault("a room failed", error)
            self.failed()

    def _do(self, order: Order) -> None:
        match order:
            case AskPage() if self.full:
                self.stalled = True
            case AskPage(room=room, after=after, limit=limit):
                self._context.metrics.holes_found.inc()
                self._context.ask_page(room, self._on_page, after=after, limit=limit)
            case Deliver(events=events):
                self.deliver(events)
            case StartOver(epoch=epoch, head=head, events=events):
                self._context.metrics.resets.inc()
                self.start_over(epoch, head, events)
            case _:
                assert_never(order)

    # --- who hears it ----------------------------------------------------------------------------

    def arrive(self, session: Session, cursor: int | None, head: int) -> None:
        """Brings it from `cursor` (None: the newest page up to `head`) to where the room is."""
        self.leave(session)
        self.arrivals.add(session, cursor, head)

    def settle(self, session: Session) -> None:
        """It has all up to `head`, and hears the room from now on."""
        self.members.add(session)

    def leave(self, session: Session) -> None:
        """It gets nothing more."""
        if self._pass is not None and (session in self.members or session in self.arrivals):
            self._pass.leave(session)
        self.arrivals.discard(session)
        self.members.discard(session)

    # --- what they hear --------------------------------------------------------------------------

    def deliver(self, events: Sequence[Event]) -> None:
        """The room's next events."""
        self._gathering.add_lines(events)
        self.arrivals.happened(events)
        self.go_on()

    def start_over(self, epoch: str, head: int, events: Sequence[Event]) -> None:
        """Everybody is to forget the room's lines; the newest page follows."""
        self._gathering.start_over(self.room, epoch, head, events, self._context.newest)
        self.arrivals.start_over(epoch, head)
        self.go_on()

    def tell(self, notice: Notice) -> None:
        """Something that is no line."""
        self._gathering.add_notice(notice)
        self.go_on()

    def typing(self, news: Typing) -> None:
        """Who is typing, to the others."""
        self._gathering.add_typing(news)
        self.go_on()

    def go_on(self) -> None:
        """Something was gathered."""
        self._context.slices.want(self)

    def step(self) -> bool:
        """Goes on with the pass, or begins the next."""
        if self._pass is None:
            if not self._gathering:
                return False
            self._pass = self._begin()
        if not self._pass.step():
            self._pass = None
        return self._pass is not None or bool(self._gathering)

    def failed(self) -> None:
        """The room pays for it: all in it start over, by the newest page. It is asked for after a
        while, since what failed may fail again."""
        self._pass = None
        self._gathering = Gathering()
        self.stalled = self.live = False
        self.lines.shed()
        self.replica.doubt()
        self._ask_again_later()

    def _begin(self) -> Pass:
        objects, plain = self.members.rows()
        taken = self._gathering.take(self.lines, plain=bool(plain))
        self._context.metrics.deliveries.inc(taken.lines * len(self.members))
        arriving = Row(self.arrivals.sockets() if taken.arriving else ())
        self.arrivals.go_on()
        if self.stalled and not self.full:
            self.stalled = False
            self._apply(self.replica.page_failed)
        frames, typing = (taken.objects, taken.plain), taken.typing
        legs = [
            (to, Batch([*frames[form], *typing_frames(self.room, typing, form)]))
            for form, to in enumerate((objects, plain))
        ]

        def batch_for(session: Session) -> Batch:
            own = typing_frames(self.room, typing, session.plain, session.uid)
            return Batch([*frames[session.plain], *own])

        typists = self._context.sessions.of(typing.users if typing else ())
        odd = [session for session in typists if session in self.members]
        arriving_leg = (arriving, Batch(taken.arriving))
        return Pass([*legs, arriving_leg], odd, batch_for, self._context.chunk_sockets)
