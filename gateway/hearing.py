"""A hearing: one room as it is heard here. Members are sent each batch in passes, arrivals are
brought to where the passes are."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from common.messages import Event, Typing
from gateway.arrivals import Arrivals, AskPage
from gateway.fanout import Row
from gateway.frames import Batch, Frame
from gateway.gathering import Gathering, Notice
from gateway.lines import Lines
from gateway.members import Members
from gateway.passes import CHUNK_SOCKETS, Pass
from gateway.replica import Replica
from gateway.sessions import Session, Sessions
from gateway.slices import Slices

if TYPE_CHECKING:
    from gateway.audience import Audience
    from gateway.metrics import Metrics


class Means:
    """What all hearings of a gateway have in common."""

    def __init__(
        self,
        slices: Slices,
        sessions: Sessions,
        metrics: "Metrics",
        ask_page: AskPage,
        resume: Callable[["Hearing"], None],
        begin_anew: Callable[["Hearing"], None],
        newest: tuple[int, int],
    ) -> None:
        self.slices = slices
        self.sessions = sessions
        self.metrics = metrics
        self.ask_page = ask_page
        self.resume = resume
        """There is room again for what a hearing had no room for."""
        self.begin_anew = begin_anew
        """Nobody knows what a hearing's members were sent."""
        self.newest = newest
        """(messages, events) of the newest page."""
        self.chunk_sockets = CHUNK_SOCKETS
        self.arriving: dict[Arrivals, None] = {}
        """Where there are arrivals."""
        self.rosters_due: dict[Audience, None] = {}
        """Where a plain socket has not got the newest `participant` line."""


class Hearing:
    """What is to be sent gathers, and is sent in passes over the members, one after the other, from
    the next turn of the loop on: while one is under way, the next batch gathers. It is
    slices.Work."""

    patient = False
    """Arrivals wait until the joins of their handshake were answered."""

    def __init__(self, room: str, replica: Replica, means: Means) -> None:
        self.room = room
        self.replica = replica
        self.members = Members()
        self.lines = Lines(room, replica.limits.tail_events)
        self.live = False
        """The replica was, when it was looked at last."""
        self.stalled = False
        """Something was not taken since too much waits: `Means.resume` is due."""
        self._means = means
        self._gathering = Gathering()
        self._pass: Pass | None = None
        self.arrivals = Arrivals(self, means)

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
        self._gathering.start_over(self.room, epoch, head, events, self._means.newest)
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
        self._means.slices.want(self)

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
        """The room pays for it: all in it start over."""
        self._pass = None
        self._gathering = Gathering()
        self.stalled = False
        self.lines.shed()
        self._means.begin_anew(self)

    def _begin(self) -> Pass:
        objects, plain = self.members.rows()
        taken = self._gathering.take(self.lines, plain=bool(plain))
        self._means.metrics.deliveries.inc(taken.lines * len(self.members))
        arriving = Row(self.arrivals.sockets() if taken.arriving else ())
        self.arrivals.go_on()
        if self.stalled and not self.full:
            self.stalled = False
            self._means.resume(self)
        frames, typing = (taken.objects, taken.plain), taken.typing
        legs = [
            (to, Batch([*frames[form], *_typing(self.room, typing, form)]))
            for form, to in enumerate((objects, plain))
        ]

        def batch_for(session: Session) -> Batch:
            own = _typing(self.room, typing, session.plain, session.uid)
            return Batch([*frames[session.plain], *own])

        typists = self._means.sessions.of(typing.users if typing else ())
        odd = [session for session in typists if session in self.members]
        arriving_leg = (arriving, Batch(taken.arriving))
        return Pass([*legs, arriving_leg], odd, batch_for, self._means.chunk_sockets)


def _typing(room: str, news: Typing | None, plain: int, but: str = "") -> list[Frame]:
    """What somebody is sent of who is typing."""
    if news is None:
        return []
    names = [name for uid, name in news.users.items() if uid != but]
    if not plain:
        return [Frame.event("typing", {"Room": room, "Users": names})]
    if news.users and not names:
        return []
    return [Frame.event("typing", names[-1] if names else "")]
