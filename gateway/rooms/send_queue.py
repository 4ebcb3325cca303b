"""The send queue: events and notices of a room, in order, until a broadcast takes them. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from common.messages import Event, Typing
from gateway.protocol.frames import Frame
from gateway.replica.tail import EVENT_BYTES, event_bytes
from gateway.rooms.frame_cache import FrameCache, newest, reset

BATCH_BYTES = 64 << 10
"""A broadcast takes no more frames once it has this many bytes, so each write to a socket is hardly
larger."""
FULL_BYTES = 4 << 20
"""A queue with more than this is full: the room gets more than this gateway can pass on."""


class Notice(Struct, frozen=True):
    """Something to be sent that is not an event of the log: it has no Seq. The object form and the
    plain form have a frame each; None: nothing is sent in this form."""

    objects: Frame | None = None
    plain: Frame | None = None
    for_catch_ups: bool = False
    """Whether sockets that are being caught up get the notice, too."""
    resets_to: int | None = None
    """Of a reset: the room's events begin above this Seq. None for every other notice."""

    @property
    def bytes(self) -> int:
        """Roughly what the notice takes in memory."""
        frame = self.objects or self.plain
        return EVENT_BYTES + (len(frame.packet) if frame else 0)


class BatchContents(Struct):
    """What one broadcast sends, by the kind of socket."""

    objects: list[Frame] = []
    plain: list[Frame] = []
    for_catch_ups: list[Frame] = []
    events: int = 0
    """How many of the `objects` are events."""
    typing: Typing | None = None
    """Who is typing now. Each socket is sent the names of the others."""


class SendQueue:
    """The queue of one room. Who is typing is kept apart from the items: newer news replace it, and
    the batch that empties the queue takes it along."""

    __slots__ = ("_events", "_items", "_last_taken", "_reset_waits", "_typing", "bytes")

    def __init__(self) -> None:
        self._items: list[Event | Notice] = []
        self._typing: Typing | None = None
        self._events = 0
        """How many of the items are events."""
        self._reset_waits = False
        """Whether a `reset` is in the queue."""
        self._last_taken = 0
        """The last Seq that a broadcast has taken. It counts only while events wait."""
        self.bytes = 0
        """Roughly what the items take in memory."""

    @property
    def is_empty(self) -> bool:
        return not self._items and self._typing is None

    @property
    def is_full(self) -> bool:
        return self.bytes > FULL_BYTES

    def broadcast_head(self, replica_head: int) -> int:
        """The last Seq already taken for a broadcast; `replica_head` if no event waits; -1 while a
        reset waits."""
        if self._reset_waits:
            return -1
        return self._last_taken if self._events else replica_head

    def add_events(self, events: Sequence[Event]) -> None:
        """Queues the next events of the room."""
        if events and not self._events and not self._reset_waits:
            self._last_taken = events[0].seq - 1
        self._items.extend(events)
        self._events += len(events)
        self.bytes += sum(event_bytes(event) for event in events)

    def add_notice(self, notice: Notice) -> None:
        """Queues a notice. It is dropped if the queue is full: a notice describes state that
        clients can request."""
        if not self.is_full:
            self._items.append(notice)
            self.bytes += notice.bytes

    def add_typing(self, news: Typing) -> None:
        """Replaces the news of who is typing."""
        self._typing = news

    def start_over(
        self, room: str, epoch: str, head: int, events: Sequence[Event], limits: tuple[int, int]
    ) -> None:
        """Queues a `reset` and then the newest page of these events, which end at `head`. Events
        that wait are dropped: browsers would forget them at once."""
        shown = newest(events, *limits)
        resets_to = shown[0].seq - 1 if shown else head
        notices = [n for n in self._items if isinstance(n, Notice) and n.resets_to is None]
        self._items = [*notices, Notice(objects=reset(room, epoch, head), resets_to=resets_to)]
        self._reset_waits = True
        self._events = 0
        self.bytes = sum(notice.bytes for notice in notices)
        self.add_events(shown)

    def take(self, cache: FrameCache, plain: bool) -> BatchContents:
        """Takes the first items out, up to BATCH_BYTES. Plain frames are made only if `plain`."""
        contents = BatchContents()
        size = count = 0
        while count < len(self._items) and size < BATCH_BYTES:
            item = self._items[count]
            count += 1
            if isinstance(item, Notice):
                self._take_notice(item, contents)
                continue
            (frame,) = cache.frames([item])
            contents.objects.append(frame)
            if plain:
                contents.plain += cache.frames([item], plain=True)
            contents.events += 1
            self._events -= 1
            self._last_taken = item.seq
            self.bytes -= event_bytes(item)
            size += len(frame.packet)
        del self._items[:count]
        if not self._items:
            contents.typing, self._typing = self._typing, None
        return contents

    def _take_notice(self, notice: Notice, contents: BatchContents) -> None:
        if notice.objects is not None:
            contents.objects.append(notice.objects)
            if notice.for_catch_ups:
                contents.for_catch_ups.append(notice.objects)
        if notice.plain is not None:
            contents.plain.append(notice.plain)
        if notice.resets_to is None:
            self.bytes -= notice.bytes
        else:
            self._last_taken = notice.resets_to
            self._reset_waits = False
