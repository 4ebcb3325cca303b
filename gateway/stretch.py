"""The stretch: events of a room that its tail has not, asked for once for all who lack them."""

from collections.abc import Callable

from common.messages import Event, Paged
from gateway.context import RoomContext
from gateway.replica import PAGE_EVENTS, Replica
from gateway.tail import last_run


class Stretch:
    """One page of the log, without a hole, until it is dropped or the next one is asked for."""

    __slots__ = ("_asking", "_context", "_dropped", "_events", "_replica")

    def __init__(self, replica: Replica, context: RoomContext) -> None:
        self._replica = replica
        self._context = context
        self._events: list[Event] = []
        self._asking = False
        self._dropped = False

    @property
    def last(self) -> int:
        """The last Seq that is here, 0 for none."""
        return self._events[-1].seq if self._events else 0

    def after(self, seq: int) -> list[Event] | None:
        """The events above `seq` that are here; None if it does not reach that far back."""
        if not self._events or seq < self._events[0].seq - 1:
            return None
        return self._events[seq + 1 - self._events[0].seq :]

    def drop(self) -> None:
        """What is here, or asked for, is not as the log is now."""
        self._events = []
        self._dropped = self._asking

    def ask(self, after: int, came: Callable[[int, int, bool], None]) -> None:
        """Asks for what follows this Seq, unless a question is under way. `came(after, first,
        cut)`: between these two the broker has nothing; cut, if there is more before our head."""
        if self._asking:
            return
        self._asking = True
        self._dropped = False
        replica = self._replica
        epoch, before = replica.epoch, replica.head + 1

        def on_page(page: Paged | None) -> None:
            self._asking = False
            if page is None or self._dropped or not page.epoch == epoch == replica.epoch:
                return  # who lacks it asks again
            self._events = last_run(page.events)
            first = self._events[0].seq if self._events else before
            came(after, first, self.last < before - 1)

        self._context.ask_page(replica.room, on_page, after=after, before=before, limit=PAGE_EVENTS)
