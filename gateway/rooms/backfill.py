"""The backfill: events of a room that its tail has not, asked for once for all who lack them."""

from collections.abc import Callable

from common.messages import Event, Paged
from gateway.replica.replica import PAGE_EVENTS, Replica
from gateway.replica.tail import last_run
from gateway.rooms.context import RoomContext


class Backfill:
    """One page of the log, without a hole, until it is discarded or the next one is asked for."""

    __slots__ = ("_asking", "_context", "_discarded", "_events", "_replica")

    def __init__(self, replica: Replica, context: RoomContext) -> None:
        self._replica = replica
        self._context = context
        self._events: list[Event] = []
        self._asking = False
        self._discarded = False
        """Whether the page that is under way is to be thrown away."""

    @property
    def last(self) -> int:
        """The last Seq of the page, 0 if there is none."""
        return self._events[-1].seq if self._events else 0

    def after(self, seq: int) -> list[Event] | None:
        """The page's events above `seq`; None if the page does not reach that far back."""
        if not self._events or seq < self._events[0].seq - 1:
            return None
        return self._events[seq + 1 - self._events[0].seq :]

    def discard(self) -> None:
        """Discards the page and any answer under way: an edit or delete has changed an event in it,
        or nobody needs it any more."""
        self._events = []
        self._discarded = self._asking

    def ask(self, after: int, on_page: Callable[[int, int, bool], None]) -> None:
        """Asks for the events above this Seq, unless a question is under way.

        Calls `on_page(after, first, cut)` when the page has come: the broker has no events between
        `after` and `first`; `cut` if it has more events after the page, up to our head. Without an
        answer nothing is called: a catch-up that lacks the events asks again.
        """
        if self._asking:
            return
        self._asking = True
        self._discarded = False
        replica = self._replica
        epoch, before = replica.epoch, replica.head + 1

        def on_answer(page: Paged | None) -> None:
            self._asking = False
            if page is None or self._discarded or not page.epoch == epoch == replica.epoch:
                return
            self._events = last_run(page.events)
            first = self._events[0].seq if self._events else before
            on_page(after, first, self.last < before - 1)

        self._context.ask_page(
            replica.room, on_answer, after=after, before=before, limit=PAGE_EVENTS
        )
