"""The replica: a room's log as this gateway has it. Messages come in, effects go out.

A new room and a new link follow the Clone pattern (zguide, chapter 5): subscribe; wait for the
mark, which proves the subscription; request the newest page, or the events that are missing; hold
the events that arrive meanwhile; drop those that are here already. A later hole needs no mark: the
missing events are requested at once.

Its states stand in gateway/replica/states.py.
"""

from collections.abc import Sequence

from common.messages import Event, Paged
from common.transitions import follow
from gateway.replica.effects import AskPage, Deliver, Effect, ReplicaLimits, StartOver
from gateway.replica.states import TRANSITIONS, ReplicaEvent, ReplicaState
from gateway.replica.tail import Tail, event_bytes, last_run

PAGE_EVENTS = 1000
"""The most events of one page (common.messages.Limit)."""


_PROVEN = frozenset((ReplicaState.LOADING, ReplicaState.CATCHING_UP, ReplicaState.LIVE))
_CONTINUED = frozenset((ReplicaState.CATCHING_UP, ReplicaState.LIVE))
_WITHOUT_LOG = frozenset((ReplicaState.EMPTY, ReplicaState.LOADING))


class Replica:
    """Call `on_new_link` for each new link, and the other `on_…` methods for what the broker sends.
    Carry out the effects that each call returns, in order.

    After `AskPage` call `on_page` with the answer. If there is none, request the page again as long
    as the replica `waits_for` it. If it cannot be requested, call `on_page_lost` later. Answers to
    questions from before `on_new_link` may still be passed on: they do no harm.

    The events of a private room come on the gateway's own topic, which is live before the room is
    known. So the replica of a private room begins live, with the log up to `head`.
    """

    def __init__(
        self,
        room: str,
        limits: ReplicaLimits,
        private: bool = False,
        epoch: str = "",
        head: int = 0,
    ) -> None:
        self.room = room
        self.limits = limits
        self.epoch = epoch
        """Which log this is (see docs/wire.md); empty while unknown."""
        self._private = private
        self._state = ReplicaState.LIVE if private else ReplicaState.EMPTY
        self._was_shown = private
        """Whether sockets may have been sent events, so that another log must begin with a
        reset."""
        self._log_head = head
        """The highest Seq that this gateway knows to be on the broker's disk."""
        self._held: dict[int, Event] = {}
        """Events that wait behind a hole or for the newest page, by Seq."""
        self._held_bytes = 0
        self._asked: AskPage | None = None
        """The request for a page that has no answer yet."""
        self._log_head_when_asked = 0
        """`_log_head` when `_asked` was requested. A page whose head is lower is the late answer
        to an earlier request."""
        self._tail = Tail(limits.tail_events, head)

    @property
    def head(self) -> int:
        """The last Seq that this replica has. Every later event will be delivered; every earlier
        one was, or is older than what this gateway has sent anybody."""
        return self._tail.head

    @property
    def live(self) -> bool:
        """Whether the subscription is proven and all events from before the mark are here."""
        return self._state is ReplicaState.LIVE

    def waits_for(self, page: AskPage) -> bool:
        """Whether this is the request that the replica made last, and it has no answer yet."""
        return self._asked is page

    @property
    def tail_bytes(self) -> int:
        return self._tail.bytes

    def shed(self) -> None:
        """Drops the tail to free memory."""
        self._tail.shed()

    def replay(self, messages: int, upto: int, most: int) -> list[Event] | None:
        """Returns the newest page for a socket that joined at `upto`, as `Tail.replay` does. None
        if these events are not in memory: only the broker has them."""
        if self._state in _WITHOUT_LOG:
            return None
        return self._tail.replay(messages, upto, most)

    def after(self, seq: int, most: int) -> list[Event] | None:
        """Returns at most the first `most` events above `seq`. None if these are not in memory:
        only the broker has them."""
        return None if self._state in _WITHOUT_LOG else self._tail.after(seq, most)

    # --- what the broker says ---------------------------------------------------------------------

    def on_new_link(self) -> list[Effect]:
        """Begins on a new link, on which nothing proves yet that a public room's topic is live."""
        self._asked = None
        if not self._private:
            self._move(ReplicaEvent.RELINKED)
        return self._continue()

    def on_mark(self, epoch: str, head: int) -> list[Effect]:
        """Takes the topic's mark: every event that is published after `head` will arrive."""
        self._move(ReplicaEvent.MARKED)
        return self.on_head(epoch, head)

    def on_head(self, epoch: str, head: int) -> list[Effect]:
        """Takes a Seq that the log has reached, from a beacon, an answer to GetHeads or a join's
        ack."""
        self._take_epoch(epoch)
        self._log_head = max(self._log_head, head)
        return self._continue()

    def on_events(self, epoch: str, events: Sequence[Event]) -> list[Effect]:
        """Takes events that arrived on the topic, in any order."""
        self._take_epoch(epoch)
        for event in events:
            if event.seq > self.head and event.seq not in self._held:
                self._held[event.seq] = event
                self._held_bytes += event_bytes(event)
                self._log_head = max(self._log_head, event.seq)
        return self._continue()

    def on_page(self, page: Paged, newest: bool) -> list[Effect]:
        """Takes a page; `newest`: its request asked for the newest events, not for those above some
        Seq. The late answer to an earlier request is used if it fits, else ignored."""
        if page.epoch != self.epoch or self._state is ReplicaState.EMPTY:
            return []  # the page is late: nothing is requested before the mark
        if self._state in _WITHOUT_LOG:
            return self._load(page) if newest else []
        new = [e for e in page.events if e.seq > self.head]
        if not new or new[0].seq != self.head + 1:
            if self._asked is None or page.head < self._log_head_when_asked:
                return []  # the page is late
            if page.events and not new:
                if self._asked.after == page.events[0].seq - 1:
                    self._asked = None  # the missing events arrived on the topic meanwhile
                return self._continue()
            self._move(ReplicaEvent.BROKEN)  # the broker no longer has those events
            return self._continue()
        self._asked = None
        return self._continue(new)

    def on_page_lost(self) -> list[Effect]:
        """Requests anew what is missing: the page that was requested last does not come."""
        self._asked = None
        return self._continue()

    def restart(self) -> None:
        """Makes the room start over: it is unknown which events the sockets were sent. Wait a
        moment, then call `on_page_lost`, which returns the effects."""
        self._was_shown = True
        self._move(ReplicaEvent.BROKEN)
        self._asked = AskPage(self.room, None, self.limits.replay_events)
        self._log_head_when_asked = self._log_head

    # --- what follows ----------------------------------------------------------------------------

    def _move(self, event: ReplicaEvent) -> None:
        self._state = follow(TRANSITIONS, self._state, event)

    def _load(self, page: Paged) -> list[Effect]:
        """Begins the log (again) with this page, if this is the room's newest one."""
        ends = page.events[-1].seq if page.events else 0
        if self._asked is None or page.head < self._log_head_when_asked or ends != page.head:
            return []  # the page is late
        events = last_run(page.events)
        self._tail.fill(events, page.head)
        for seq in [seq for seq in self._held if seq <= page.head]:
            self._release(seq)
        self._move(ReplicaEvent.LOADED)
        self._asked = None
        if not self._was_shown:
            # No socket was sent anything yet, so events that were held belong to the beginning,
            # too.
            self._was_shown = True
            return [effect for effect in self._continue() if not isinstance(effect, Deliver)]
        return [StartOver(self.room, self.epoch, page.head, events), *self._continue()]

    def _continue(self, new: Sequence[Event] = ()) -> list[Effect]:
        """Delivers the events that follow the head, and requests the missing ones unless that was
        done. `new` are events of a page."""
        effects: list[Effect] = []
        if self._state in _CONTINUED:
            events = self._take(new)
            if events:
                effects.append(Deliver(self.room, events))
            if self._log_head <= self.head:
                self._move(ReplicaEvent.LEVEL)
                self._asked = None
        if self._held_bytes > self.limits.hold_bytes:
            self._held.clear()  # they are requested again: `_log_head` still covers them
            self._held_bytes = 0
        if self._state in _PROVEN:
            effects.extend(self._ask())
        return effects

    def _take(self, new: Sequence[Event]) -> list[Event]:
        """Moves the events that follow the head into the tail: first those of a page, then held
        ones."""
        events: list[Event] = []
        for event in new:
            if event.seq != self.head + 1:
                break
            self._release(event.seq)
            self._tail.append(event)
            events.append(event)
        while (held := self._release(self.head + 1)) is not None:
            self._tail.append(held)
            events.append(held)
        self._log_head = max(self._log_head, self.head)
        return events

    def _ask(self) -> list[Effect]:
        """Requests the newest page or the events of the first hole, unless that was done."""
        if self._state in _CONTINUED:
            if self._log_head <= self.head or self._asked is not None:
                return []
            if self._log_head - self.head - len(self._held) > self.limits.recovery_events:
                self._move(ReplicaEvent.BROKEN)
        if self._state is ReplicaState.LOADING:
            if self._asked is not None and self._asked.after is None:
                return []
            self._asked = AskPage(self.room, None, self.limits.replay_events)
        else:
            hole_end = min(self._held, default=self._log_head + 1)
            limit = min(hole_end - self.head - 1, PAGE_EVENTS)
            self._asked = AskPage(self.room, self.head, limit)
        self._log_head_when_asked = self._log_head
        return [self._asked]

    def _take_epoch(self, epoch: str) -> None:
        """Begins another log if the epoch is another one. The new epoch is the later one, because
        the link refuses frames of an earlier term."""
        if epoch == self.epoch:
            return
        if self.epoch:
            self._was_shown = True
            self._move(ReplicaEvent.BROKEN)
            self._tail = Tail(self.limits.tail_events)
            self._held.clear()
            self._held_bytes = self._log_head = 0
            self._asked = None
        self.epoch = epoch

    def _release(self, seq: int) -> Event | None:
        """Takes the event out of those that are held, if it is one of them."""
        event = self._held.pop(seq, None)
        if event is not None:
            self._held_bytes -= event_bytes(event)
        return event
