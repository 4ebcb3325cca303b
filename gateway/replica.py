"""The replica: a room's log as this gateway has it. First take-up, hole, new link are one path.

The Clone pattern (zguide, chapter 5): subscribe; see the mark; ask for what is missing; hold what
arrives meanwhile; drop what is there already. Pure: words come in, orders go out.
"""

from collections.abc import Sequence

from common.messages import Event, Paged
from gateway.orders import AskPage, Deliver, Limits, Order, StartOver
from gateway.tail import Tail, event_bytes, last_run

PAGE_EVENTS = 1000
"""The most that one question may ask for (common.messages.Limit)."""


class Replica:
    """Call `relinked` for each new link, then tell what is heard; each call returns what to do.

    An answer to `AskPage` is told by `paged`, a failed one by `page_failed`. Answers to questions
    from before `relinked` may still be told: they do no harm. `epoch` is empty while unknown.
    """

    def __init__(
        self, room: str, limits: Limits, private: bool = False, epoch: str = "", head: int = 0
    ) -> None:
        self.room = room
        self.limits = limits
        self.epoch = epoch
        self._private = private
        self._marked = private  # own topic: live before the room is known
        self._shown = private  # there may be sockets that know something of the log
        self._wants_newest = not private
        self._catching_up = not private
        self._heard = head  # the highest Seq that is known to be on the broker's disk
        self._held: dict[int, Event] = {}
        self._held_bytes = 0
        self._asked: AskPage | None = None
        self._heard_then = 0  # when the question was asked: its answer knows no less
        self._tail = Tail(limits.tail_events, head)

    @property
    def head(self) -> int:
        """The last Seq that this replica has; all below was delivered, or is in the broker only."""
        return self._tail.head

    @property
    def live(self) -> bool:
        """The subscription is proven and all that was missed before is here. A hole that is being
        filled does not change it."""
        return self._marked and not self._wants_newest and not self._catching_up

    @property
    def tail_bytes(self) -> int:
        return self._tail.bytes

    def shed(self) -> int:
        """Drops the tail; tells the bytes freed."""
        return self._tail.shed()

    def replay(
        self, messages: int, upto: int | None = None, most: int | None = None
    ) -> list[Event] | None:
        """As `Tail.replay`: what somebody who joined at `upto` is shown; None if that is not here
        (ask the broker)."""
        return None if self._wants_newest else self._tail.replay(messages, upto, most)

    def after(self, seq: int, most: int | None = None) -> list[Event] | None:
        """The first events above `seq`; None if they are not here (ask the broker)."""
        return None if self._wants_newest else self._tail.after(seq, most)

    # --- what is heard ---------------------------------------------------------------------------

    def relinked(self) -> list[Order]:
        """There is a new link: nothing proves that a public room's topic is live on it."""
        self._asked = None
        if not self._private:
            self._marked = False
            self._catching_up = True
        return self._go_on()

    def marked(self, epoch: str, head: int) -> list[Order]:
        """The topic is live: what comes after `head` will arrive."""
        self._marked = True
        return self.told_head(epoch, head)

    def told_head(self, epoch: str, head: int) -> list[Order]:
        """The room is at least that far (a beacon, an answer to Heads, a join's ack)."""
        self._take_epoch(epoch)
        self._heard = max(self._heard, head)
        return self._go_on()

    def happened(self, epoch: str, events: Sequence[Event]) -> list[Order]:
        """Events arrived on the topic."""
        self._take_epoch(epoch)
        for event in events:
            if event.seq > self.head and event.seq not in self._held:
                self._held[event.seq] = event
                self._held_bytes += event_bytes(event)
                self._heard = max(self._heard, event.seq)
        return self._go_on()

    def paged(self, page: Paged) -> list[Order]:
        """A page arrived. One that was asked for long ago is used where it fits, else ignored."""
        if page.epoch != self.epoch:
            return []
        if self._wants_newest:
            return self._newest(page)
        new = [e for e in page.events if e.seq > self.head]
        if not new or new[0].seq != self.head + 1:
            if self._asked is None or page.head < self._heard_then:
                return []  # late
            if page.events and not new:
                if self._asked.after == page.events[0].seq - 1:
                    self._asked = None  # what was missing came by itself meanwhile
                return self._go_on()
            self._wants_newest = True  # the broker has those events no more
            return self._go_on()
        self._asked = None
        return self._go_on(new)

    def page_failed(self) -> list[Order]:
        """The question has no answer. Wait a moment before you call this: it asks again."""
        self._asked = None
        return self._go_on()

    def doubt(self) -> None:
        """What was delivered may not have arrived: the room is to start over, by what `page_failed`
        returns. Wait a moment before you call that."""
        self._shown = self._wants_newest = True
        self._asked = AskPage(self.room, None, self.limits.replay_events)
        self._heard_then = self._heard

    # --- what follows ----------------------------------------------------------------------------

    def _newest(self, page: Paged) -> list[Order]:
        """The room begins here (again), if this is its newest page."""
        ends = page.events[-1].seq if page.events else 0
        if self._asked is None or page.head < self._heard_then or ends != page.head:
            return []  # late
        events = last_run(page.events)
        self._tail.fill(events, page.head)
        for seq in [seq for seq in self._held if seq <= page.head]:
            self._let_go(seq)
        self._wants_newest = False
        self._asked = None
        if not self._shown:
            # Nobody was shown anything yet: what was held belongs to the beginning, too.
            self._shown = True
            return [order for order in self._go_on() if not isinstance(order, Deliver)]
        return [StartOver(self.room, self.epoch, page.head, events), *self._go_on()]

    def _go_on(self, new: Sequence[Event] = ()) -> list[Order]:
        """Delivers what can be delivered and asks for what is missing, once."""
        orders: list[Order] = []
        if self._marked and not self._wants_newest:
            events = self._take(new)
            if events:
                orders.append(Deliver(self.room, events))
            if self._heard <= self.head:
                self._catching_up = False
                self._asked = None
        if self._held_bytes > self.limits.hold_bytes:
            self._held.clear()  # `_heard` still knows of them: they are asked for
            self._held_bytes = 0
        if self._marked:
            orders.extend(self._ask())
        return orders

    def _take(self, new: Sequence[Event]) -> list[Event]:
        """Moves the events that follow the head, from a page or held, into the tail."""
        events: list[Event] = []
        for event in new:
            if event.seq != self.head + 1:
                break
            self._let_go(event.seq)
            self._tail.append(event)
            events.append(event)
        while (held := self._let_go(self.head + 1)) is not None:
            self._tail.append(held)
            events.append(held)
        self._heard = max(self._heard, self.head)
        return events

    def _ask(self) -> list[Order]:
        if not self._wants_newest:
            if self._heard <= self.head or self._asked is not None:
                return []
            if self._heard - self.head - len(self._held) > self.limits.recovery_events:
                self._wants_newest = True
        if self._wants_newest:
            if self._asked is not None and self._asked.after is None:
                return []
            self._asked = AskPage(self.room, None, self.limits.replay_events)
        else:
            hole_end = min(self._held, default=self._heard + 1)
            limit = min(hole_end - self.head - 1, PAGE_EVENTS)
            self._asked = AskPage(self.room, self.head, limit)
        self._heard_then = self._heard
        return [self._asked]

    def _take_epoch(self, epoch: str) -> None:
        """Another epoch is another log: the link refuses what is late, so this one is newer."""
        if epoch == self.epoch:
            return
        if self.epoch:
            self._shown = self._wants_newest = self._catching_up = True
            self._tail = Tail(self.limits.tail_events)
            self._held.clear()
            self._held_bytes = self._heard = 0
            self._asked = None
        self.epoch = epoch

    def _let_go(self, seq: int) -> Event | None:
        event = self._held.pop(seq, None)
        if event is not None:
            self._held_bytes -= event_bytes(event)
        return event
