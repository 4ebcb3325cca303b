"""Catch-up: sends sockets that joined or came back the events they lack, then subscribes them."""

from collections.abc import Sequence
from typing import Protocol

from common.messages import Event
from gateway.protocol.frames import Batch, Frame
from gateway.replica.replica import Replica
from gateway.rooms.backfill import Backfill
from gateway.rooms.catch_up import CatchUp
from gateway.rooms.context import RoomContext
from gateway.rooms.frame_cache import FrameCache, Piece, newest, reset
from gateway.rooms.sessions import Session
from gateway.transport.sockets import Socket

STEP_EVENTS = 250
STEP_BYTES = 64 << 10
"""One write to a socket is hardly more than this."""
STEP_SOCKETS = 32
"""One step writes to at most this many sockets."""


class CatchUpRoom(Protocol):
    """The room whose sockets are caught up."""

    name: str
    replica: Replica
    frame_cache: FrameCache
    waits_for_joins: bool

    @property
    def broadcast_head(self) -> int: ...
    def subscribe(self, session: Session) -> None: ...


class CatchUps:
    """All sockets of one room that are behind it.

    Implements `work_queue.Work`: each socket gets one write in turn, until it has all events up to
    the room's `broadcast_head` and is subscribed.
    """

    __slots__ = ("_all_due", "_backfill", "_catch_ups", "_context", "_lacking", "_room", "_todo")

    def __init__(self, room: CatchUpRoom, context: RoomContext) -> None:
        self._room = room
        self._context = context
        self._backfill = Backfill(room.replica, context)
        self._catch_ups: dict[Session, CatchUp] = {}
        self._todo: list[CatchUp] = []
        """Catch-ups whose turn it is, the next one at the end."""
        self._all_due = False
        """Whether every catch-up has its turn again once `_todo` is done."""
        self._lacking: list[CatchUp] = []
        """Catch-ups whose next events are neither in the tail nor in the backfill."""

    def __len__(self) -> int:
        return len(self._catch_ups)

    def __contains__(self, session: Session) -> bool:
        return session in self._catch_ups

    @property
    def is_empty(self) -> bool:
        return not self._catch_ups

    def get(self, session: Session) -> CatchUp | None:
        return self._catch_ups.get(session)

    def sockets(self) -> list[Socket]:
        """Those sockets that use the object form, and so get presence while they are caught up."""
        return [session.socket for session in self._catch_ups if not session.plain]

    def add(self, session: Session, cursor: int | None, join_head: int) -> None:
        """Begins to catch up a socket that has all events up to `cursor`. If `cursor` is None the
        socket gets the newest page up to `join_head`, the Seq in the ack of its join."""
        start = self._lowest(join_head) if cursor is None else cursor
        catch_up = CatchUp(session, start, max(start, join_head), fresh=cursor is None)
        self._catch_ups[session] = catch_up
        self._todo.append(catch_up)
        self._context.catching_up[self] = None
        self._context.work_queue.wake(self)

    def discard(self, session: Session) -> None:
        """Ends the catch-up of a socket that leaves the room, if it has one."""
        if self._catch_ups.pop(session, None) is not None:
            self._drop_if_done()

    def close(self) -> None:
        """The room is closed, and no socket is behind it. The two knew each other: a cycle would
        wait for the garbage collector."""
        del self._room

    def wake(self) -> None:
        """Gives every catch-up a turn: something that some of them wait for may have changed."""
        if self._catch_ups:
            self._all_due = True
            self._context.work_queue.wake(self)

    def on_events(self, events: Sequence[Event]) -> None:
        """Discards the backfill if one of the room's new events edits or deletes: the page may
        show a text that is no longer in the log."""
        if any(event.ref for event in events):
            self._backfill.discard()

    def start_over(self, epoch: str, head: int) -> None:
        """Starts each catch-up over: the room does, with a `reset` to this epoch and head."""
        self._backfill.discard()
        frame = reset(self._room.name, epoch, head)
        for catch_up in self._catch_ups.values():
            catch_up.start_over(frame, self._lowest(head), head)
        self.wake()

    # --- one step of the work --------------------------------------------------------------------

    def step(self) -> bool:
        if not self._catch_ups:
            self._todo.clear()
            self._all_due = False
            return False
        if not self._room.replica.live:  # the room wakes its catch-ups once the replica is live
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
        """Cuts off the sockets that are being caught up, since a step raised: they come back."""
        for session in self._catch_ups:
            session.socket.cut_off()

    def _advance(self, catch_up: CatchUp) -> int:
        """Sends one write to the socket. Returns its size in bytes, 0 if nothing can be sent
        now."""
        session, head = catch_up.session, self._room.broadcast_head
        if session.gone or self._catch_ups.get(session) is not catch_up:
            return 0
        if catch_up.must_read_first(self._context.work_queue.now):
            return 0  # the maintenance wakes all catch-ups again and again
        if self._room.waits_for_joins and session.joins_pending:
            return 0  # the maintenance wakes them, as above
        if catch_up.reset is not None:
            if not session.plain:
                session.socket.send(catch_up.reset)
            catch_up.reset = None
        if head < catch_up.join_head:
            return 0  # the beginning of the next broadcast wakes all catch-ups
        if catch_up.fresh and not self._find_beginning(catch_up):
            self._lacking.append(catch_up)
            return 0
        if catch_up.cursor >= head:
            self._subscribe(catch_up)
            return 0
        piece = self._piece(catch_up.cursor, head, session.plain)
        if piece is None:
            self._lacking.append(catch_up)
            return 0
        return self._send(catch_up, piece, head)

    def _send(self, catch_up: CatchUp, piece: Piece, head: int) -> int:
        catch_up.session.socket.send(piece.batch)
        self._context.metrics.deliveries.inc(len(piece.batch.frames))
        catch_up.cursor = piece.last
        if catch_up.cursor >= head:
            self._subscribe(catch_up)
        else:
            self._todo.append(catch_up)
        return len(piece.batch.wire)

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

    def _piece(self, cursor: int, head: int, plain: bool) -> Piece | None:
        """The next events above `cursor` and up to `head`, as one write. None if neither the tail
        nor the backfill has them."""
        cache, replica = self._room.frame_cache, self._room.replica

        def from_tail() -> Piece | None:
            return self._made(replica.after(cursor, STEP_EVENTS), cursor, head, plain)

        piece = cache.piece.get((replica.epoch, replica.head, cursor, head, plain), from_tail)
        return piece or self._made(self._backfill.after(cursor), cursor, head, plain)

    def _made(
        self, events: list[Event] | None, cursor: int, head: int, plain: bool
    ) -> Piece | None:
        if not events:
            return None
        frames: list[Frame] = []
        size = 0
        first = events[: min(STEP_EVENTS, head - cursor)]
        for frame in self._room.frame_cache.frames(first, plain):
            frames.append(frame)
            size += len(frame.packet)
            if size >= STEP_BYTES:
                break
        return Piece(Batch(frames), first[len(frames) - 1].seq)

    def _find_beginning(self, catch_up: CatchUp) -> bool:
        """Moves the cursor of a fresh catch-up to where its newest page begins. The page is counted
        back from the socket's own join. Returns False if neither the tail nor the backfill has the
        events."""
        head, uid = catch_up.join_head, catch_up.session.uid
        messages, most = self._context.newest_page
        replica = self._room.replica
        events = self._room.frame_cache.page.get(
            (replica.epoch, replica.head, head), lambda: replica.replay(messages, head, most)
        )
        if events is None:
            before = self._backfill.after(catch_up.cursor)
            if before is None or self._backfill.last < head:
                return False
            events = newest([event for event in before if event.seq <= head], messages, most)
        last = next((event for event in reversed(events) if event.seq <= head), None)
        joined = last is not None and (last.seq, last.uid, last.kind) == (head, uid, "join")
        first = head + (1 if joined else 2) - most
        catch_up.cursor = max(first - 1, events[0].seq - 1 if events else head)
        catch_up.fresh = False
        return True

    def _lowest(self, head: int) -> int:
        """A newest page up to `head` begins above this Seq."""
        return max(0, head - self._context.newest_page[1])

    def _ask_backfill(self) -> None:
        lacking = [c.cursor for c in self._lacking if self._catch_ups.get(c.session) is c]
        self._lacking.clear()
        if lacking:
            self._backfill.ask(min(lacking), self._on_backfill)

    def _on_backfill(self, after: int, first: int, cut: bool) -> None:
        """Uses the page that has come; the arguments are those that `Backfill.ask` documents.

        The broker no longer has events between `after` and `first`. A catch-up that needs those
        starts over; a fresh one moves on, to the beginning of the page or to the end of a page that
        was cut.
        """
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
