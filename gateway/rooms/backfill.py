"""The backfill: a page of a room's log, requested once for all sockets that lack its events."""

from collections.abc import Callable

from common.messages import Event, GetPage, Paged
from gateway.replica.replica import PAGE_EVENTS, Replica
from gateway.replica.tail import last_run
from gateway.rooms.context import RoomContext


class Backfill:
    """One page of the log, without a hole. The page is kept until it is discarded or until the next
    one comes."""

    __slots__ = ("_asking", "_context", "_discarded", "_events", "_replica")

    def __init__(self, replica: Replica, context: RoomContext) -> None:
        self._replica = replica
        self._context = context
        self._events: list[Event] = []
        self._asking = False
        """Whether a page was requested and has not come yet."""
        self._discarded = False
        """Whether the page that was requested is to be thrown away when it comes."""

    @property
    def last(self) -> int:
        """The last Seq of the page; 0 if there is no page."""
        return self._events[-1].seq if self._events else 0

    def after(self, seq: int) -> list[Event] | None:
        """The page's events above `seq`; None if the page begins later than that."""
        if not self._events or seq < self._events[0].seq - 1:
            return None
        return self._events[seq + 1 - self._events[0].seq :]

    def discard(self) -> None:
        """Discards the page and any answer under way: an edit or delete has changed an event in it,
        or no socket needs it any more."""
        self._events = []
        self._discarded = self._asking

    def ask(self, after: int, on_page: Callable[[int, int, bool], None]) -> None:
        """Requests the events above `after`, unless a page is under way already.

        Calls `on_page(after, first, cut)` when the page has come. The broker has no events between
        `after` and `first`. `cut` is true if the broker has more events between the end of the page
        and the replica's head. If the page is discarded meanwhile nothing is called: a catch-up
        that still lacks events calls `ask` again.
        """
        if self._asking:
            return
        self._asking = True
        self._discarded = False
        replica = self._replica
        epoch, before = replica.epoch, replica.head + 1

        def make(no: int) -> GetPage | None:
            self._asking = not self._discarded
            if not self._asking:
                return None
            return GetPage(no=no, room=replica.room, after=after, before=before, limit=PAGE_EVENTS)

        def on_answer(page: Paged) -> None:
            self._asking = False
            if self._discarded or not page.epoch == epoch == replica.epoch:
                return
            self._events = last_run(page.events)
            first = self._events[0].seq if self._events else before
            on_page(after, first, self.last < before - 1)

        self._context.ask_page(make, on_answer)
