"""One room on this gateway.

Subscribers are level with the room and get each batch. Sockets that are behind are caught up
separately and then subscribed.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ParamSpec, assert_never

from common.messages import Event, GetPage, Paged, Typing
from gateway.protocol.frames import Batch
from gateway.replica.effects import AskPage, Deliver, Effect, StartOver
from gateway.replica.replica import Replica
from gateway.rooms.broadcast import RoomBroadcast
from gateway.rooms.catch_ups import CatchUps
from gateway.rooms.context import RoomContext
from gateway.rooms.frame_cache import FrameCache, typing_frames
from gateway.rooms.send_queue import Notice, SendQueue
from gateway.rooms.sessions import Session
from gateway.rooms.subscribers import Subscribers
from gateway.transport.fanout import SendList

P = ParamSpec("P")


class Room:
    """A room that carries out the effects of its own replica.

    What is to be sent waits in a queue. One broadcast after the other takes a batch from it, from
    the next turn of the loop on; while a broadcast is under way the next batch gathers. Implements
    `work_queue.Work`: one step sends a batch to some of the sockets.
    """

    has_topic = False
    """Whether the room's events come on a topic of its own, which each new link must prove live."""
    waits_for_joins = False
    """Whether a catch-up waits for the acks of the handshake's joins, so that private events never
    overtake them."""

    def __init__(self, name: str, replica: Replica, context: RoomContext) -> None:
        self.name = name
        self.replica = replica
        self.subscribers = Subscribers()
        self.frame_cache = FrameCache(name, replica.limits.tail_events)
        self.overflowed = False
        """Whether events were refused because the queue is full. They are requested once the queue
        is no longer full."""
        self.closed = False
        """Whether the gateway has forgotten this room. Answers that come later change nothing."""
        self.catch_ups = CatchUps(self, context)
        self._was_live = False
        """Whether the replica was live after the last effects."""
        self._context = context
        self._queue = SendQueue()
        self._broadcast: RoomBroadcast | None = None
        """The broadcast that is under way."""

    @property
    def is_empty(self) -> bool:
        """Whether no socket is subscribed or being caught up."""
        return self.subscribers.is_empty and self.catch_ups.is_empty

    @property
    def broadcast_head(self) -> int:
        """The last Seq handed to a broadcast. A socket that has all events up to it may be
        subscribed. -1 while a reset waits: then none may."""
        return self._queue.broadcast_head(self.replica.head)

    @property
    def is_full(self) -> bool:
        """Whether the queue holds as many bytes as it may."""
        return self._queue.is_full

    @property
    def kept_bytes(self) -> int:
        """Memory of the recent events and frames that joining sockets are sent, in bytes."""
        return self.replica.tail_bytes + self.frame_cache.bytes

    def shed(self) -> None:
        """Drops the recent events and frames: joining sockets then get a page of the broker."""
        self.replica.shed()
        self.frame_cache.shed()

    def close(self) -> None:
        """The gateway forgets the room, which no socket needs."""
        self.closed = True
        self.shed()
        self.catch_ups.close()

    def was_sent(self, session: Session) -> bool:
        """Whether the socket got events of this room before its join was acked. Older events would
        now come out of order, so the join starts over."""
        return False

    # --- subscribers -----------------------------------------------------------------------------

    def catch_up(self, session: Session, cursor: int | None, join_head: int) -> None:
        """Sends the socket the events above `cursor` (None: the newest page up to `join_head`),
        then subscribes it. `join_head` is the Seq that the ack of its join names."""
        self.leave(session)
        self.catch_ups.add(session, cursor, join_head)
        self._context.tail_budget.touch(self)

    def subscribe(self, session: Session) -> None:
        """Sends the socket each broadcast that begins from now on. Call this only for a socket that
        has all events up to `broadcast_head`."""
        self.subscribers.add(session)

    def leave(self, session: Session) -> None:
        """Sends the socket nothing more of this room."""
        if self._broadcast is not None and (
            session in self.subscribers or session in self.catch_ups
        ):
            self._broadcast.leave(session)
        self.catch_ups.discard(session)
        self.subscribers.discard(session)

    # --- what the broker says --------------------------------------------------------------------

    def on_events(self, epoch: str, events: Sequence[Event]) -> None:
        """Takes events that were published. While the queue is full only their last Seq is
        noted."""
        if self.is_full and events:
            self.overflowed = True
            self._apply(self.replica.on_head, epoch, events[-1].seq)
        else:
            self._apply(self.replica.on_events, epoch, events)

    def on_head(self, epoch: str, head: int) -> None:
        """Takes the head of the room's log, by which a hole at the very end shows."""
        self._apply(self.replica.on_head, epoch, head)

    def on_mark(self, epoch: str, head: int) -> None:
        """Takes the mark that proves the room's topic live on this link."""
        self._apply(self.replica.on_mark, epoch, head)

    def on_new_link(self) -> None:
        """Begins on a new link, where nothing proves yet that the room's topic is live."""
        self._apply(self.replica.on_new_link)

    def _question(self, asked: AskPage, no: int) -> GetPage | None:
        """The question for this page; None once the replica waits for it no more."""
        if self.closed or not self.replica.waits_for(asked):
            return None
        return GetPage(no=no, room=asked.room, after=asked.after, limit=asked.limit)

    def _on_page(self, asked: AskPage, page: Paged) -> None:
        self._context.metrics.holes_filled.inc()
        self._apply(self.replica.on_page, page, newest=asked.after is None)

    def _apply(
        self, on_input: Callable[P, Sequence[Effect]], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Calls this method of the replica and carries out the effects that it returns."""
        if self.closed:
            return
        try:
            for effect in on_input(*args, **kwargs):
                self._carry_out(effect)
            self._context.tail_budget.touch(self)
            if self._was_live is not self.replica.live:
                self._was_live = self.replica.live
                self.catch_ups.wake()
        except Exception as error:
            self._context.fault("a room failed", error)
            self.failed()

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case AskPage() if self.is_full:
                self.overflowed = True
            case AskPage():
                self._context.metrics.holes_found.inc()
                self._context.ask_page(
                    partial(self._question, effect), partial(self._on_page, effect)
                )
            case Deliver(events=events):
                self.deliver(events)
            case StartOver(epoch=epoch, head=head, events=events):
                self._context.metrics.resets.inc()
                self.start_over(epoch, head, events)
            case _:
                assert_never(effect)

    # --- what subscribers are sent ---------------------------------------------------------------

    def deliver(self, events: Sequence[Event]) -> None:
        """Queues the room's next events."""
        self._queue.add_events(events)
        self.catch_ups.on_events(events)
        self._wake()

    def start_over(self, epoch: str, head: int, events: Sequence[Event]) -> None:
        """Resets the room for every socket: each forgets the room's events and gets the newest page
        of these, which end at `head`."""
        self._queue.start_over(self.name, epoch, head, events, self._context.newest_page)
        self.catch_ups.start_over(epoch, head)
        self._wake()

    def send_notice(self, notice: Notice) -> None:
        """Sends a notice to each subscriber."""
        self._queue.add_notice(notice)
        self._wake()

    def on_typing(self, news: Typing) -> None:
        """Sends each subscriber who of the others is typing."""
        self._queue.add_typing(news)
        self._wake()

    def _wake(self) -> None:
        self._context.work_queue.wake(self)

    def step(self) -> bool:
        """Continues the broadcast, or begins the next. Returns whether there is more to send."""
        if self._broadcast is None:
            if self._queue.is_empty:
                return False
            self._broadcast = self._begin_broadcast()
        if not self._broadcast.step():
            self._broadcast = None
        return self._broadcast is not None or not self._queue.is_empty

    def failed(self) -> None:
        """Resets the room for all its sockets: a step or an effect raised, so it is unknown what
        subscribers were sent. The newest page is requested after a while, since the same may fail
        again."""
        self._broadcast = None
        self._queue = SendQueue()
        self.overflowed = self._was_live = False
        self.frame_cache.shed()
        self.replica.restart()
        self._context.later(lambda: self._apply(self.replica.on_page_lost))

    def _begin_broadcast(self) -> RoomBroadcast:
        to = self.subscribers.send_lists()
        contents = self._queue.take(self.frame_cache, plain=len(to.plain) > 0)
        self._context.metrics.deliveries.inc(contents.events * len(self.subscribers))
        behind = SendList(self.catch_ups.sockets() if contents.for_catch_ups else ())
        self.catch_ups.wake()
        if self.overflowed and not self.is_full:
            self.overflowed = False
            self._apply(self.replica.on_page_lost)
        typing = contents.typing

        def batch_for(session: Session | None, plain: bool) -> Batch:
            """The batch in this form; it names all who are typing except the session's own
            person."""
            frames = contents.plain if plain else contents.objects
            but = session.uid if session is not None else ""
            return Batch([*frames, *typing_frames(self.name, typing, plain, but)])

        targets = [
            (to.objects, batch_for(None, plain=False)),
            (to.plain, batch_for(None, plain=True)),
            (behind, Batch(contents.for_catch_ups)),
        ]
        typists = self._context.sessions.of_people(typing.users if typing else ())
        individually = [session for session in typists if session in self.subscribers]
        return RoomBroadcast(
            targets,
            individually,
            lambda session: batch_for(session, session.plain),
            self._context.chunk_sockets,
        )
