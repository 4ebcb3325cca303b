"""The tail: a room's newest events in memory, without a hole, with the text that they have now."""

from collections import deque
from collections.abc import Sequence
from itertools import islice

from msgspec.structs import replace

from common.messages import Event

EVENT_BYTES = 600
"""What an event takes in memory besides its text, roughly."""


def event_bytes(event: Event) -> int:
    """Roughly what an event takes in memory."""
    return EVENT_BYTES + len(event.text.encode())


class Tail:
    """At most `most` events up to `head`."""

    def __init__(self, most: int, head: int = 0) -> None:
        self._most = most
        self._events: deque[Event] = deque()
        self._whole = head == 0
        """Whether these are all events of the log so far."""
        self.head = head
        self.bytes = 0

    def fill(self, events: Sequence[Event], head: int) -> None:
        """Replaces everything by these events, which end at `head`."""
        self._events.clear()
        self.bytes = 0
        self._whole = head == len(events)
        self.head = head - len(events)
        for event in events:
            self.append(event)

    def append(self, event: Event) -> None:
        """Adds the event at head + 1. An edit or delete also changes the event that it is about."""
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
        """Drops the events."""
        self.bytes = 0
        self._whole = self._whole and not self._events
        self._events.clear()

    def replay(self, messages: int, upto: int, most: int) -> list[Event] | None:
        """The events back to the n-th last message at or below `upto`, `most` of those, and all
        that came after; None if the tail does not reach that far."""
        if messages <= 0:
            return self.after(upto, self._most)
        taken: list[Event] = []
        left = most
        for event in reversed(self._events):
            taken.append(event)
            if event.seq <= upto:
                messages -= event.kind == "message"
                left -= 1
            if messages == 0 or left == 0:
                break
        else:
            if not self._whole:
                return None
        taken.reverse()
        return taken

    def after(self, seq: int, most: int) -> list[Event] | None:
        """The events above `seq`, the first `most` of them; None if the tail does not reach that
        far."""
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
    """The events from the last hole on: a page has none, but one of a trimmed log may."""
    start = len(events)
    while start > 0 and (start == len(events) or events[start - 1].seq == events[start].seq - 1):
        start -= 1
    return list(events[start:])
