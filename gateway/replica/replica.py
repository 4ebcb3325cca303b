"""The replica: a room's log as this gateway has it. Pure: messages come in, effects go out.

First join, hole and new link are one path, the Clone pattern (zguide, chapter 5): subscribe; see
the mark; ask for what is missing; hold what arrives meanwhile; drop what is there already.
"""

from collections.abc import Sequence
from enum import Enum, auto

from common.messages import Event, Paged
from common.transitions import follow
from gateway.replica.effects import AskPage, Deliver, Effect, ReplicaLimits, StartOver
from gateway.replica.tail import Tail, event_bytes, last_run

PAGE_EVENTS = 1000
"""The most events that one question may ask for (common.messages.Limit)."""


class ReplicaState(Enum):
    """How much of the log is here, and whether the subscription is proven live."""

    EMPTY = auto()
    """Not proven; nothing here can be continued."""
    UNPROVEN = auto()
    """Not proven on this link; the log is here up to `head`."""
    LOADING = auto()
    """Proven; the newest page is being asked for."""
    CATCHING_UP = auto()
    """Proven; events that were published before the mark are missing."""
    LIVE = auto()
    """Proven, and everything from before the mark is here. A hole leaves the replica live."""


class Happening(Enum):
    """What moves the state."""

    RELINKED = auto()
    """There is a new link, which proves nothing of a public room."""
    MARKED = auto()
    """The topic is proven live."""
    LOADED = auto()
    """The newest page has come."""
    LEVEL = auto()
    """The head is the last Seq that is known to be on the broker's disk."""
    BROKEN = auto()
    """The log here cannot be continued: another epoch, too far behind, or delivered in part."""


_S, _H = ReplicaState, Happening
TRANSITIONS = {
    (_S.EMPTY, _H.RELINKED): _S.EMPTY,
    (_S.EMPTY, _H.MARKED): _S.LOADING,
    (_S.EMPTY, _H.BROKEN): _S.EMPTY,
    (_S.UNPROVEN, _H.RELINKED): _S.UNPROVEN,
    (_S.UNPROVEN, _H.MARKED): _S.CATCHING_UP,
    (_S.UNPROVEN, _H.BROKEN): _S.EMPTY,
    (_S.LOADING, _H.RELINKED): _S.EMPTY,
    (_S.LOADING, _H.MARKED): _S.LOADING,
    (_S.LOADING, _H.LOADED): _S.CATCHING_UP,
    (_S.LOADING, _H.BROKEN): _S.LOADING,
    (_S.CATCHING_UP, _H.RELINKED): _S.UNPROVEN,
    (_S.CATCHING_UP, _H.MARKED): _S.CATCHING_UP,
    (_S.CATCHING_UP, _H.LEVEL): _S.LIVE,
    (_S.CATCHING_UP, _H.BROKEN): _S.LOADING,
    (_S.LIVE, _H.RELINKED): _S.UNPROVEN,
    (_S.LIVE, _H.MARKED): _S.LIVE,
    (_S.LIVE, _H.LEVEL): _S.LIVE,
    (_S.LIVE, _H.BROKEN): _S.LOADING,
}
_PROVEN = frozenset((ReplicaState.LOADING, ReplicaState.CATCHING_UP, ReplicaState.LIVE))
_CONTINUED = frozenset((ReplicaState.CATCHING_UP, ReplicaState.LIVE))
_WITHOUT_LOG = frozenset((ReplicaState.EMPTY, ReplicaState.LOADING))


class Replica:
    """Call `on_new_link` for each new link, then tell what the broker says; each call returns what
    to do.

    An answer to `AskPage` is told by `on_page`, a failed one by `on_page_lost`. Answers to
    questions from before `on_new_link` may still be told: they do no harm. `epoch` is empty while
    unknown.

    A private room travels on the gateway's own topic, which is live before the room is known: its
    replica begins live, with the log up to `head`.
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
        self._private = private
        self._state = ReplicaState.LIVE if private else ReplicaState.EMPTY
        self._was_shown = private
        """Whether sockets may have been sent something of this log."""
        self._log_head = head
        """The highest Seq that is known to be on the broker's disk."""
        self._held: dict[int, Event] = {}
        self._held_bytes = 0
        self._asked: AskPage | None = None
        self._log_head_when_asked = 0
        """`_log_head` when the question was asked: its answer knows no less."""
        self._tail = Tail(limits.tail_events, head)

    @property
    def head(self) -> int:
        """The last Seq that this replica has; all below was delivered, or is in the broker only."""
        return self._tail.head

    @property
    def live(self) -> bool:
        """Whether the subscription is proven and all that was missed before is here."""
        return self._state is ReplicaState.LIVE

    @property
    def tail_bytes(self) -> int:
        return self._tail.bytes

    def shed(self) -> None:
        """Drops the tail."""
        self._tail.shed()

    def replay(self, messages: int, upto: int, most: int) -> list[Event] | None:
        """As `Tail.replay`: what somebody who joined at `upto` is shown; None if that is not here
        (ask the broker)."""
        if self._state in _WITHOUT_LOG:
            return None
        return self._tail.replay(messages, upto, most)

    def after(self, seq: int, most: int) -> list[Event] | None:
        """The first events above `seq`; None if they are not here (ask the broker)."""
        return None if self._state in _WITHOUT_LOG else self._tail.after(seq, most)

    # --- what the broker says ---------------------------------------------------------------------

    def on_new_link(self) -> list[Effect]:
        """There is a new link. Nothing proves that a public room's topic is live on it."""
        self._asked = None
        if not self._private:
            self._move(Happening.RELINKED)
        return self._continue()

    def on_mark(self, epoch: str, head: int) -> list[Effect]:
        """The topic is live: what is published after `head` will arrive."""
        self._move(Happening.MARKED)
        return self.on_head(epoch, head)

    def on_head(self, epoch: str, head: int) -> list[Effect]:
        """The room is at least that far (a beacon, an answer to Heads, a join's ack)."""
        self._take_epoch(epoch)
        self._log_head = max(self._log_head, head)
        return self._continue()

    def on_events(self, epoch: str, events: Sequence[Event]) -> list[Effect]:
        """Events arrived on the topic."""
        self._take_epoch(epoch)
        for event in events:
            if event.seq > self.head and event.seq not in self._held:
                self._held[event.seq] = event
                self._held_bytes += event_bytes(event)
                self._log_head = max(self._log_head, event.seq)
        return self._continue()

    def on_page(self, page: Paged) -> list[Effect]:
        """A page arrived. A page that was asked for long ago is used where it fits, else
        ignored."""
        if page.epoch != self.epoch:
            return []
        if self._state in _WITHOUT_LOG:
            return self._load(page)
        new = [e for e in page.events if e.seq > self.head]
        if not new or new[0].seq != self.head + 1:
            if self._asked is None or page.head < self._log_head_when_asked:
                return []  # the page is late
            if page.events and not new:
                if self._asked.after == page.events[0].seq - 1:
                    self._asked = None  # what was missing came by itself meanwhile
                return self._continue()
            self._move(Happening.BROKEN)  # the broker has those events no more
            return self._continue()
        self._asked = None
        return self._continue(new)

    def on_page_lost(self) -> list[Effect]:
        """The question got no answer. Wait a moment before you call this: it asks again."""
        self._asked = None
        return self._continue()

    def restart(self) -> None:
        """What was delivered may not have arrived: the room is to start over, by what
        `on_page_lost` returns. Wait a moment before you call that."""
        self._was_shown = True
        self._move(Happening.BROKEN)
        self._asked = AskPage(self.room, None, self.limits.replay_events)
        self._log_head_when_asked = self._log_head

    # --- what follows ----------------------------------------------------------------------------

    def _move(self, happening: Happening) -> None:
        self._state = follow(TRANSITIONS, self._state, happening)

    def _load(self, page: Paged) -> list[Effect]:
        """The log begins here (again), if this is the room's newest page."""
        ends = page.events[-1].seq if page.events else 0
        if self._asked is None or page.head < self._log_head_when_asked or ends != page.head:
            return []  # the page is late
        events = last_run(page.events)
        self._tail.fill(events, page.head)
        for seq in [seq for seq in self._held if seq <= page.head]:
            self._release(seq)
        self._move(Happening.LOADED)
        self._asked = None
        if not self._was_shown:
            # No socket was sent anything yet: what was held belongs to the beginning, too.
            self._was_shown = True
            return [effect for effect in self._continue() if not isinstance(effect, Deliver)]
        return [StartOver(self.room, self.epoch, page.head, events), *self._continue()]

    def _continue(self, new: Sequence[Event] = ()) -> list[Effect]:
        """Delivers what can be delivered and asks for what is missing, once."""
        effects: list[Effect] = []
        if self._state in _CONTINUED:
            events = self._take(new)
            if events:
                effects.append(Deliver(self.room, events))
            if self._log_head <= self.head:
                self._move(Happening.LEVEL)
                self._asked = None
        if self._held_bytes > self.limits.hold_bytes:
            self._held.clear()  # `_log_head` still knows of them: they are asked for
            self._held_bytes = 0
        if self._state in _PROVEN:
            effects.extend(self._ask())
        return effects

    def _take(self, new: Sequence[Event]) -> list[Event]:
        """Moves the events that follow the head, from a page or held, into the tail."""
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
        if self._state in _CONTINUED:
            if self._log_head <= self.head or self._asked is not None:
                return []
            if self._log_head - self.head - len(self._held) > self.limits.recovery_events:
                self._move(Happening.BROKEN)
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
        """Another epoch is another log. The link refuses what is late, so this epoch is newer."""
        if epoch == self.epoch:
            return
        if self.epoch:
            self._was_shown = True
            self._move(Happening.BROKEN)
            self._tail = Tail(self.limits.tail_events)
            self._held.clear()
            self._held_bytes = self._log_head = 0
            self._asked = None
        self.epoch = epoch

    def _release(self, seq: int) -> Event | None:
        event = self._held.pop(seq, None)
        if event is not None:
            self._held_bytes -= event_bytes(event)
        return event
