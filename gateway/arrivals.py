"""The arrivals of a room: brings sockets from where they stopped reading to where the room is."""

from collections.abc import Sequence
from typing import Protocol

from common.messages import Event
from gateway.arrival import Arrival
from gateway.context import RoomContext
from gateway.frames import Batch, Frame
from gateway.lines import Lines, newest, reset
from gateway.replica import Replica
from gateway.sessions import Session
from gateway.sockets import Socket
from gateway.stretch import Stretch

STEP_EVENTS = 250
STEP_BYTES = 64 << 10
"""One write to an arrival is hardly more than this."""
STEP_ARRIVALS = 32


class Room(Protocol):
    """A room in which sockets arrive: a Hearing."""

    room: str
    replica: Replica
    lines: Lines
    patient: bool

    @property
    def head(self) -> int: ...
    def settle(self, session: Session) -> None: ...


class Arrivals:
    """Everybody on the way into one room. It is slices.Work: each who can go on gets one write, in
    turn, until it has all up to the room's head and settles."""

    __slots__ = ("_all_due", "_arrivals", "_context", "_lacking", "_room", "_stretch", "_todo")

    def __init__(self, room: Room, context: RoomContext) -> None:
        self._room = room
        self._context = context
        self._stretch = Stretch(room.replica, context)
        self._arrivals: dict[Session, Arrival] = {}
        self._todo: list[Arrival] = []
        self._all_due = False
        self._lacking: list[Arrival] = []
        """Neither the tail nor the stretch has what they need next."""

    def __len__(self) -> int:
        return len(self._arrivals)

    def __contains__(self, session: Session) -> bool:
        return session in self._arrivals

    def get(self, session: Session) -> Arrival | None:
        return self._arrivals.get(session)

    def sockets(self) -> list[Socket]:
        """Those of the object form."""
        return [session.socket for session in self._arrivals if not session.plain]

    def add(self, session: Session, cursor: int | None, head: int) -> None:
        """`cursor`: None for the newest page."""
        start = self._lowest(head) if cursor is None else cursor
        arrival = Arrival(session, start, max(start, head), fresh=cursor is None)
        self._arrivals[session] = arrival
        self._todo.append(arrival)
        self._context.arriving[self] = None
        self._context.slices.want(self)

    def discard(self, session: Session) -> None:
        if self._arrivals.pop(session, None) is not None:
            self._maybe_over()

    def go_on(self) -> None:
        """Something has changed: all are looked at."""
        if self._arrivals:
            self._all_due = True
            self._context.slices.want(self)

    def happened(self, events: Sequence[Event]) -> None:
        """What was changed or deleted is not shown as it was before."""
        if any(event.ref for event in events):
            self._stretch.drop()

    def start_over(self, epoch: str, head: int) -> None:
        """The room did: so do they."""
        self._stretch.drop()
        frame = reset(self._room.room, epoch, head)
        for arrival in self._arrivals.values():
            arrival.start_over(frame, self._lowest(head), head)
        self.go_on()

    # --- a piece of the work ---------------------------------------------------------------------

    def step(self) -> bool:
        if not self._room.replica.live:  # all are looked at once it is
            self._todo.clear()
            return False
        if not self._todo and self._all_due:
            self._all_due = False
            self._todo = list(reversed(self._arrivals.values()))
        sent_bytes = 0
        while self._todo and sent_bytes < STEP_BYTES:
            sent_bytes += self._advance(self._todo.pop()) + STEP_BYTES // STEP_ARRIVALS
        if self._todo or self._all_due:
            return True
        self._ask()
        return False

    def failed(self) -> None:
        """Those on the way pay for it: they come back."""
        for session in self._arrivals:
            session.socket.cut_off()

    def _advance(self, arrival: Arrival) -> int:
        """As far as it can go by one write; tells its bytes."""
        session, head = arrival.session, self._room.head
        if session.gone or self._arrivals.get(session) is not arrival:
            return 0
        if arrival.owes_much(self._context.slices.now) or (self._room.patient and session.settling):
            return 0  # looked at by and by
        if arrival.reset is not None:
            if not session.plain:
                session.socket.send(arrival.reset)
            arrival.reset = None
        if head < arrival.head:
            return 0  # looked at when the next pass begins
        if arrival.fresh and not self._begin(arrival):
            self._lacking.append(arrival)
            return 0
        if arrival.cursor >= head:
            self._settle(arrival)
            return 0
        events = self._after(arrival.cursor, head)
        if not events:
            self._lacking.append(arrival)
            return 0
        return self._send(arrival, events, head)

    def _send(self, arrival: Arrival, events: list[Event], head: int) -> int:
        session = arrival.session
        frames: list[Frame] = []
        size = 0
        for frame in self._room.lines.frames(events, session.plain):
            frames.append(frame)
            size += len(frame.packet)
            if size >= STEP_BYTES:
                break
        session.socket.send(Batch(frames))
        self._context.metrics.deliveries.inc(len(frames))
        arrival.cursor = events[len(frames) - 1].seq
        if arrival.cursor >= head:
            self._settle(arrival)
        else:
            self._todo.append(arrival)
        return size

    def _settle(self, arrival: Arrival) -> None:
        del self._arrivals[arrival.session]
        self._room.settle(arrival.session)
        self._maybe_over()

    def _maybe_over(self) -> None:
        if not self._arrivals:
            self._todo.clear()
            self._lacking.clear()
            self._stretch.drop()
            self._context.arriving.pop(self, None)

    # --- where the events come from --------------------------------------------------------------

    def _after(self, cursor: int, head: int) -> list[Event] | None:
        """Some events above the cursor, none above `head`."""
        events = self._room.replica.after(cursor, STEP_EVENTS)
        if events is None:
            events = self._stretch.after(cursor)
        return events and events[: min(STEP_EVENTS, head - cursor)]

    def _begin(self, arrival: Arrival) -> bool:
        """Finds where its newest page begins, which counts back from its own join."""
        head, uid, limits = arrival.head, arrival.session.uid, self._context.newest
        events = self._room.replica.replay(limits[0], head, limits[1])
        if events is None:
            before = self._stretch.after(arrival.cursor)
            if before is None or self._stretch.last < head:
                return False
            events = newest([event for event in before if event.seq <= head], *limits)
        joined = any(e.seq == head and e.uid == uid and e.kind == "join" for e in events)
        first = head + (1 if joined else 2) - limits[1]
        arrival.cursor = max(first - 1, events[0].seq - 1 if events else head)
        arrival.fresh = False
        return True

    def _lowest(self, head: int) -> int:
        return max(0, head - self._context.newest[1])

    def _ask(self) -> None:
        lacking = [a.cursor for a in self._lacking if self._arrivals.get(a.session) is a]
        self._lacking.clear()
        if lacking:
            self._stretch.ask(min(lacking), self._stretched)

    def _stretched(self, after: int, first: int, cut: bool) -> None:
        """Between `after` and `first`, where the stretch begins, the broker has nothing."""
        head = self._room.replica.head
        for arrival in self._arrivals.values():
            if arrival.cursor < after:
                continue
            if arrival.cursor < first - 1 and not arrival.fresh:
                frame = reset(self._room.room, self._room.replica.epoch, head)
                arrival.start_over(frame, self._lowest(head), head)
            elif arrival.fresh:
                last = self._stretch.last if cut and self._stretch.last < arrival.head else 0
                arrival.cursor = max(arrival.cursor, min(first - 1, arrival.head), last)
                arrival.fresh = arrival.cursor < arrival.head
        self.go_on()
