"""Catch-up: sends sockets that joined or came back the events they lack, then subscribes them."""

from collections.abc import Sequence
from typing import Protocol

from common.messages import Event
from gateway.protocol.frames import Batch, Frame
from gateway.replica.replica import Replica
from gateway.rooms.backfill import Backfill
from gateway.rooms.catch_up import CatchUp
from gateway.rooms.context import RoomContext
from gateway.rooms.frame_cache import FrameCache, newest, reset
from gateway.rooms.sessions import Session
from gateway.transport.sockets import Socket

STEP_EVENTS = 250
STEP_BYTES = 64 << 10
"""One write to a socket is hardly more than this."""
STEP_SOCKETS = 32
"""One step writes to at most this many sockets."""


class CatchUpRoom(Protocol):
    """What is used of the room."""

    name: str
    replica: Replica
    frame_cache: FrameCache
    waits_for_joins: bool

    @property
    def broadcast_head(self) -> int: ...
    def subscribe(self, session: Session) -> None: ...


class CatchUps:
    """All sockets of one room that are behind it. It is `slices.Work`: each socket gets one write
    in turn, until it has all events up to the room's head and is subscribed."""

    __slots__ = ("_all_due", "_backfill", "_catch_ups", "_context", "_lacking", "_room", "_todo")

    def __init__(self, room: CatchUpRoom, context: RoomContext) -> None:
        self._room = room
        self._context = context
        self._backfill = Backfill(room.replica, context)
        self._catch_ups: dict[Session, CatchUp] = {}
        self._todo: list[CatchUp] = []
        self._all_due = False
        """Whether every catch-up is to be looked at once `_todo` is done."""
        self._lacking: list[CatchUp] = []
        """Catch-ups whose next events are neither in the tail nor in the backfill."""

    def __len__(self) -> int:
        return len(self._catch_ups)

    def __contains__(self, session: Session) -> bool:
        return session in self._catch_ups

    def get(self, session: Session) -> CatchUp | None:
        return self._catch_ups.get(session)

    def sockets(self) -> list[Socket]:
        """The sockets of the object form."""
        return [session.socket for session in self._catch_ups if not session.plain]

    def add(self, session: Session, cursor: int | None, head: int) -> None:
        """The socket has all events up to `cursor`; None: it gets the newest page up to `head`."""
        start = self._lowest(head) if cursor is None else cursor
        catch_up = CatchUp(session, start, max(start, head), fresh=cursor is None)
        self._catch_ups[session] = catch_up
        self._todo.append(catch_up)
        self._context.catching_up[self] = None
        self._context.work_queue.wake(self)

    def discard(self, session: Session) -> None:
        if self._catch_ups.pop(session, None) is not None:
            self._drop_if_done()

    def wake(self) -> None:
        """Something has changed: every catch-up is looked at."""
        if self._catch_ups:
            self._all_due = True
            self._context.work_queue.wake(self)

    def on_events(self, events: Sequence[Event]) -> None:
        """The room has these new events. After an edit or a delete the backfill is not as the log
        is any more."""
        if any(event.ref for event in events):
            self._backfill.discard()

    def start_over(self, epoch: str, head: int) -> None:
        """The room starts over, and so does each catch-up."""
        self._backfill.discard()
        frame = reset(self._room.name, epoch, head)
        for catch_up in self._catch_ups.values():
            catch_up.start_over(frame, self._lowest(head), head)
        self.wake()

    # --- one piece of the work -------------------------------------------------------------------

    def step(self) -> bool:
        if not self._room.replica.live:  # the room wakes all once it is
            self._todo.clear()
            return False
        if not self._todo and self._all_due:
            self._all_due = False
            self._todo = list(reversed(self._catch_ups.values()))
        sent_bytes = 0
        while self._todo and sent_bytes < STEP_BYTES:
            sent_bytes += self._advance(self._todo.pop()) + STEP_BYTES // STEP_SOCKETS
        if self._todo or self._all_due:
            return True
        self._ask_backfill()
        return False

    def failed(self) -> None:
        """A step raised: the sockets of this room that are behind are cut off, and come back."""
        for session in self._catch_ups:
            session.socket.cut_off()

    def _advance(self, catch_up: CatchUp) -> int:
        """Sends one write. Returns its bytes: 0 if there is nothing to send now."""
        session, head = catch_up.session, self._room.broadcast_head
        if session.gone or self._catch_ups.get(session) is not catch_up:
            return 0
        if catch_up.must_read_first(self._context.work_queue.now):
            return 0  # looked at again by the maintenance
        if self._room.waits_for_joins and session.joins_pending:
            return 0  # likewise
        if catch_up.reset is not None:
            if not session.plain:
                session.socket.send(catch_up.reset)
            catch_up.reset = None
        if head < catch_up.join_head:
            return 0  # looked at when the next broadcast begins
        if catch_up.fresh and not self._find_beginning(catch_up):
            self._lacking.append(catch_up)
            return 0
        if catch_up.cursor >= head:
            self._subscribe(catch_up)
            return 0
        events = self._after(catch_up.cursor, head)
        if not events:
            self._lacking.append(catch_up)
            return 0
        return self._send(catch_up, events, head)

    def _send(self, catch_up: CatchUp, events: list[Event], head: int) -> int:
        session = catch_up.session
        frames: list[Frame] = []
        size = 0
        for frame in self._room.frame_cache.frames(events, session.plain):
            frames.append(frame)
            size += len(frame.packet)
            if size >= STEP_BYTES:
                break
        session.socket.send(Batch(frames))
        self._context.metrics.deliveries.inc(len(frames))
        catch_up.cursor = events[len(frames) - 1].seq
        if catch_up.cursor >= head:
            self._subscribe(catch_up)
        else:
            self._todo.append(catch_up)
        return size

    def _subscribe(self, catch_up: CatchUp) -> None:
        del self._catch_ups[catch_up.session]
        self._room.subscribe(catch_up.session)
        self._drop_if_done()

    def _drop_if_done(self) -> None:
        if not self._catch_ups:
            self._todo.clear()
            self._lacking.clear()
            self._backfill.discard()
            self._context.catching_up.pop(self, None)

    # --- where the events come from --------------------------------------------------------------

    def _after(self, cursor: int, head: int) -> list[Event] | None:
        """Some events above the cursor, none of them above `head`; None or empty if none is at
        hand."""
        events = self._room.replica.after(cursor, STEP_EVENTS)
        if events is None:
            events = self._backfill.after(cursor)
        return events and events[: min(STEP_EVENTS, head - cursor)]

    def _find_beginning(self, catch_up: CatchUp) -> bool:
        """Moves the cursor to where the socket's newest page begins, which counts back from its own
        join. Returns False if the events are not at hand."""
        head, uid, limits = catch_up.join_head, catch_up.session.uid, self._context.newest_page
        events = self._room.replica.replay(limits[0], head, limits[1])
        if events is None:
            before = self._backfill.after(catch_up.cursor)
            if before is None or self._backfill.last < head:
                return False
            events = newest([event for event in before if event.seq <= head], *limits)
        joined = any(e.seq == head and e.uid == uid and e.kind == "join" for e in events)
        first = head + (1 if joined else 2) - limits[1]
        catch_up.cursor = max(first - 1, events[0].seq - 1 if events else head)
        catch_up.fresh = False
        return True

    def _lowest(self, head: int) -> int:
        return max(0, head - self._context.newest_page[1])

    def _ask_backfill(self) -> None:
        lacking = [c.cursor for c in self._lacking if self._catch_ups.get(c.session) is c]
        self._lacking.clear()
        if lacking:
            self._backfill.ask(min(lacking), self._on_backfill)

    def _on_backfill(self, after: int, first: int, cut: bool) -> None:
        """As `Backfill.ask`: the broker has no events between `after` and `first`."""
        head = self._room.replica.head
        for catch_up in self._catch_ups.values():
            if catch_up.cursor < after:
                continue
            if catch_up.cursor < first - 1 and not catch_up.fresh:
                frame = reset(self._room.name, self._room.replica.epoch, head)
                catch_up.start_over(frame, self._lowest(head), head)
            elif catch_up.fresh:
                last = self._backfill.last
                reached = last if cut and last < catch_up.join_head else 0
                catch_up.cursor = max(catch_up.cursor, min(first - 1, catch_up.join_head), reached)
                catch_up.fresh = catch_up.cursor < catch_up.join_head
        self.wake()
