"""The tail: a room's newest events in memory, without a hole, each with its present text."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from msgspec.structs import replace

from common.messages import Event

EVENT_BYTES = 600
"""Roughly what an event takes in memory besides its text."""


def event_bytes(event: Event) -> int:
    """Roughly what an event takes in memory, in bytes."""
    return EVENT_BYTES + len(event.text.encode())


class Tail:
    """At most `most` events; the last one has the Seq `head`."""

    def __init__(self, most: int, head: int = 0) -> None:
        self._most = most
        self._events: deque[Event] = deque()
        self._whole = head == 0
        """Whether the tail has all events of the log, from the first on."""
        self.head = head
        self.bytes = 0

    def fill(self, events: Sequence[Event], head: int) -> None:
        """Replaces the whole tail by these events, which end at `head`."""
        self._events.clear()
        self.bytes = 0
        self._whole = head == len(events)
        self.head = head - len(events)
        for event in events:
            self.append(event)

    def append(self, event: Event) -> None:
        """Adds the event at `head` + 1. An edit or delete also changes the event that it is
        about."""
        assert event.seq == self.head + 1
        if event.kind == "edit":
            self._change(event.ref, event.text, event.seq)
        elif event.kind == "delete":
            self._blank(event.ref, event.seq)
        self._events.append(event)
        self.head = event.seq
        self.bytes += event_bytes(event)
        while len(self._events) > self._most:
            self.bytes -= event_bytes(self._events.popleft())
            self._whole = False

    def shed(self) -> None:
        """Drops the events to free memory; `head` stays."""
        self.bytes = 0
        self._whole = self._whole and not self._events
        self._events.clear()

    def replay(self, messages: int, upto: int, most: int) -> list[Event] | None:
        """Returns the newest page as it is shown to a socket that joined at `upto`, and all events
        after it.

        The page goes back to the n-th last message (n = `messages`) at or below `upto`, but has at
        most `most` events. None if the tail does not reach back that far.
        """
        if messages <= 0:
            return self.after(upto, self._most)
        taken: list[Event] = []
        allowed = most
        for event in reversed(self._events):
            taken.append(event)
            if event.seq <= upto:
                messages -= event.kind == "message"
                allowed -= 1
            if messages == 0 or allowed == 0:
                break
        else:
            if not self._whole:
                return None
        taken.reverse()
        return taken

    def after(self, seq: int, most: int) -> list[Event] | None:
        """Returns the events above `seq`, at most the first `most` of them. None if the tail does
        not reach back that far."""
        missing = max(0, self.head - seq)
        start = len(self._events) - missing
        if start < 0:
            return None
        return list(islice(self._events, start, start + most))

    def _change(self, seq: int, text: str, rev: int) -> None:
        index = seq - self.head + len(self._events) - 1
        if not 0 <= index < len(self._events):
            return
        before = self._events[index]
        if rev > before.rev:
            now = self._events[index] = replace(before, text=text, rev=rev)
            self.bytes += event_bytes(now) - event_bytes(before)

    def _blank(self, seq: int, rev: int) -> None:
        self._change(seq, "", rev)
        for index, event in enumerate(self._events):
            if event.kind == "edit" and event.ref == seq:
                self.bytes += EVENT_BYTES - event_bytes(event)
                self._events[index] = replace(event, text="")


def last_run(events: Sequence[Event]) -> list[Event]:
    """Returns the events after the last hole. Only a page of a log whose beginning was trimmed away
    while the page was read has holes."""
    start = len(events)
    while start > 0 and (start == len(events) or events[start - 1].seq == events[start].seq - 1):
        start -= 1
    return list(events[start:])
