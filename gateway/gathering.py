"""The gathering: what a room is to be sent, in order, until its next pass takes it. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from common.messages import Event, Typing
from gateway.frames import Frame
from gateway.lines import Lines, newest, reset
from gateway.tail import EVENT_BYTES, event_bytes

BATCH_BYTES = 64 << 10
"""What one pass takes, and so what each socket is sent in one write, is hardly more than this."""
FULL_BYTES = 4 << 20
"""With more than this waiting, a room says more than this gateway can pass on."""


class Notice(Struct, frozen=True):
    """A frame that is no line."""

    objects: Frame | None = None
    plain: Frame | None = None
    arriving: bool = False
    """Arrivals are sent it too."""
    begins: int | None = None
    """It starts the room over: its lines begin above this Seq."""

    @property
    def bytes(self) -> int:
        """Roughly, what it takes in memory."""
        frame = self.objects or self.plain
        return EVENT_BYTES + (len(frame.packet) if frame else 0)


class Taken(Struct):
    """What a pass takes along, by who is sent it."""

    objects: list[Frame] = []
    plain: list[Frame] = []
    arriving: list[Frame] = []
    lines: int = 0
    typing: Typing | None = None
    """Who is typing now: each is sent the others."""


class Gathering:
    """Lines and notices of one room."""

    __slots__ = ("_begun", "_items", "_lines", "_resets", "_typing", "bytes")

    def __init__(self) -> None:
        self._items: list[Event | Notice] = []
        self._typing: Typing | None = None
        self._lines = 0
        self._resets = 0
        self._begun = 0
        self.bytes = 0

    def __bool__(self) -> bool:
        return bool(self._items) or self._typing is not None

    @property
    def full(self) -> bool:
        return self.bytes > FULL_BYTES

    def begun(self, head: int) -> int:
        """The Seq up to which the room's lines were taken; `head` is its last one. -1 for none:
        while it waits to be started over, nothing before that counts."""
        if self._resets:
            return -1
        return self._begun if self._lines else head

    def add_lines(self, events: Sequence[Event]) -> None:
        if events and not self._lines and not self._resets:
            self._begun = events[0].seq - 1
        self._items.extend(events)
        self._lines += len(events)
        self.bytes += sum(event_bytes(event) for event in events)

    def add_notice(self, notice: Notice) -> None:
        """It tells a state, which can be asked for: there is no room for it if all is full."""
        if not self.full:
            self._items.append(notice)
            self.bytes += notice.bytes

    def add_typing(self, news: Typing) -> None:
        """It is a state: the last one counts."""
        self._typing = news

    def start_over(
        self, room: str, epoch: str, head: int, events: Sequence[Event], limits: tuple[int, int]
    ) -> None:
        """`reset`, then the newest page of these events, which end at `head`. Older lines that wait
        would be forgotten at once: nobody needs them any more."""
        shown = newest(events, *limits)
        begins = shown[0].seq - 1 if shown else head
        notices = [i for i in self._items if isinstance(i, Notice) and i.begins is None]
        self._items = [*notices, Notice(objects=reset(room, epoch, head), begins=begins)]
        self._resets = 1
        self._lines = 0
        self.bytes = sum(notice.bytes for notice in notices)
        self.add_lines(shown)

    def take(self, made: Lines, plain: bool) -> Taken:
        """The first of it. Plain frames only if somebody is there to be sent them."""
        taken = Taken()
        size = number = 0
        while number < len(self._items) and size < BATCH_BYTES:
            item = self._items[number]
            number += 1
            if isinstance(item, Notice):
                self._take_notice(item, taken)
                continue
            (frame,) = made.frames([item])
            taken.objects.append(frame)
            if plain:
                taken.plain += made.frames([item], plain=True)
            taken.lines += 1
            self._lines -= 1
            self._begun = item.seq
            self.bytes -= event_bytes(item)
            size += len(frame.packet)
        del self._items[:number]
        if not self._items:
            taken.typing, self._typing = self._typing, None
        return taken

    def _take_notice(self, notice: Notice, taken: Taken) -> None:
        if notice.objects is not None:
            taken.objects.append(notice.objects)
            if notice.arriving:
                taken.arriving.append(notice.objects)
        if notice.plain is not None:
            taken.plain.append(notice.plain)
        if notice.begins is None:
            self.bytes -= notice.bytes
        else:
            self._begun = notice.begins
            self._resets = 0
