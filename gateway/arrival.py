"""An arrival: brings one socket from where it stopped reading a room to where the room is now."""

from collections.abc import Callable
from typing import Protocol

from common.messages import Event, Page, Paged
from gateway.lines import lines, newest, reset
from gateway.replica import Replica
from gateway.sessions import Session

STEP_EVENTS = 50
STEP_BYTES = 128 << 10
"""An arrival sends only while its socket owes less than this, so that a long recovery never looks
like a slow reader."""


class Hearing(Protocol):
    """A room in which a socket arrives."""

    room: str
    replica: Replica

    def settle(self, session: Session) -> None:
        """The socket has everything up to the replica's head: from now on it hears the room."""


AskPage = Callable[[Callable[[int], Page], Callable[[Paged | None], None]], None]


class Arrival:
    """Sends, in order and without a hole, what the socket has not; then settles it.

    `cursor` is the last Seq it has, None for the newest page. `head` is the Seq that its join's ack
    told: it settles no earlier.
    """

    __slots__ = (
        "_asking", "_hearing", "_unsent", "cursor", "head", "limits", "session"
    )  # fmt: skip

    def __init__(
        self,
        hearing: Hearing,
        session: Session,
        cursor: int | None,
        head: int,
        limits: tuple[int, int],
    ) -> None:
        self._hearing = hearing
        self.session = session
        self.cursor = cursor
        self.head = head
        self.limits = limits
        """(messages, events) of the newest page."""
        self._unsent: list[Event] = []
        self._asking = False

    def advance(self, ask_page: AskPage) -> bool:
        """Goes as far as it can now. True once the socket is settled (or gone)."""
        replica = self._hearing.replica
        while not self.session.gone:
            if self._unsent:
                if not self._send_some():
                    return False
                continue
            if not replica.live or replica.head < self.head or self._asking:
                return False
            if self.cursor is None:
                events = self._newcomers(replica.replay(self.limits[0], self.head, self.limits[1]))
            else:
                events = replica.after(self.cursor)
            if events is None:
                self._ask(ask_page)
                return False
            if not events:
                self._hearing.settle(self.session)
                return True
            self._take(events)
        return True

    def start_over(self, epoch: str, head: int) -> None:
        """The room did: so does this socket."""
        self._unsent = []
        self.cursor = None
        self.head = head
        self.session.socket.send(reset(self._hearing.room, epoch, head))

    def _send_some(self) -> bool:
        if self.session.socket.owed_bytes > STEP_BYTES:
            return False
        some, self._unsent = self._unsent[:STEP_EVENTS], self._unsent[STEP_EVENTS:]
        self.session.socket.send(lines(self._hearing.room, some, self.session.plain))
        return True

    def _newcomers(self, events: list[Event] | None) -> list[Event] | None:
        """The newest page counts back from the socket's own join, which is shown too."""
        if events is None:
            return None
        uid = self.session.uid
        joined = any(e.seq == self.head and e.uid == uid and e.kind == "join" for e in events)
        first = self.head + (1 if joined else 2) - self.limits[1]
        return [event for event in events if event.seq >= first]

    def _take(self, events: list[Event]) -> None:
        self._unsent = events
        self.cursor = events[-1].seq

    def _ask(self, ask_page: AskPage) -> None:
        self._asking = True
        room, cursor = self._hearing.room, self.cursor
        replica = self._hearing.replica
        epoch, before = replica.epoch, (self.head if cursor is None else replica.head) + 1

        def make(no: int) -> Page:
            if cursor is None:
                return Page(no=no, room=room, before=before, limit=self.limits[1])
            return Page(no=no, room=room, after=cursor, before=before, limit=1000)

        def on_page(page: Paged | None) -> None:
            self._asking = False
            if page is None or self.cursor != cursor or not page.epoch == epoch == replica.epoch:
                return  # asked again at the next turn
            if cursor is None:
                shown = self._newcomers(newest(page.events, *self.limits)) or []
                self.cursor = before - 1 if not shown else self.cursor
                if shown:
                    self._take(shown)
            elif page.events:
                self._take(page.events)

        ask_page(make, on_page)
