"""The frame cache: a room's newest events as frames, so that each is encoded only once. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from common.messages import Event, Typing
from gateway.protocol.frames import Batch, Frame
from gateway.protocol.payloads import event_payload

T = TypeVar("T")

FRAME_BYTES = 300
"""Roughly what a frame takes in memory besides its text, which is in memory twice."""


class Memo(Generic[T]):
    """The value that was made last, and what it was made from. None is not kept."""

    __slots__ = ("_made_from", "value")

    def __init__(self) -> None:
        self.value: T | None = None
        self._made_from: object = None

    def get(self, made_from: object, make: Callable[[], T | None]) -> T | None:
        """The value that `make` returns. It is called only if there is no value, or if `made_from`,
        which has everything that the value depends on, is not the same as before."""
        if self.value is None or made_from != self._made_from:
            self.value, self._made_from = make(), made_from
        return self.value

    def clear(self) -> None:
        self.value = self._made_from = None


class Piece(Struct, frozen=True):
    """One write to a socket that is being caught up."""

    batch: Batch
    last: int
    """The Seq of its last event."""


class FrameCache:
    """The frames of at most `most` of one room's events: those that were encoded last. Beside them
    the last page and the last piece, which all who join between two events share."""

    __slots__ = ("_frames_bytes", "_made", "_most", "_room", "page", "piece")

    def __init__(self, room: str, most: int) -> None:
        self._room = room
        self._most = most
        self._made: dict[int, tuple[Event, Frame]] = {}
        self._frames_bytes = 0
        self.page: Memo[list[Event]] = Memo()
        self.piece: Memo[Piece] = Memo()

    @property
    def bytes(self) -> int:
        """Memory of all frames, roughly."""
        piece = self.piece.value
        return self._frames_bytes + (0 if piece is None else len(piece.batch.wire))

    def frames(self, events: Iterable[Event], plain: bool = False) -> list[Frame]:
        """Returns these events as `chat` frames. In the plain form an announcement is a message,
        since plain pages do not know `announce`."""
        return [
            _announcement(self._room, event)
            if plain and event.kind == "announce"
            else self._frame(event)
            for event in events
        ]

    def shed(self) -> None:
        """Drops everything."""
        self._made.clear()
        self._frames_bytes = 0
        self.page.clear()
        self.piece.clear()

    def _frame(self, event: Event) -> Frame:
        before = self._made.get(event.seq)
        if before is not None:
            if before[0] is event or before[0] == event:
                return before[1]
            self._drop(event.seq)  # the event was edited, or is of another epoch
        frame = Frame.event("chat", event_payload(self._room, event))
        self._made[event.seq] = event, frame
        self._frames_bytes += _bytes(frame)
        if len(self._made) > self._most:
            self._drop(next(iter(self._made)))
        return frame

    def _drop(self, seq: int) -> None:
        self._frames_bytes -= _bytes(self._made.pop(seq)[1])


def reset(room: str, epoch: str, seq: int) -> Frame:
    """The frame that makes a browser forget the room's events; the newest page follows it."""
    return Frame.event("reset", {"Room": room, "Epoch": epoch, "Seq": seq})


def newest(events: Sequence[Event], messages: int, most: int) -> list[Event]:
    """The newest page of a log that ends with these events: back to the n-th last
    message (n = `messages`), at most `most` events."""
    start = len(events)
    missing = messages
    while start > 0 and len(events) - start < most and missing > 0:
        start -= 1
        missing -= events[start].kind == "message"
    return list(events[start:])


def typing_frames(room: str, news: Typing | None, plain: bool, but: str = "") -> list[Frame]:
    """The frames, at most one, that say who is typing, without the person of uid `but`: browsers
    are not told of themselves."""
    if news is None:
        return []
    names = [name for uid, name in news.users.items() if uid != but]
    if not plain:
        return [Frame.event("typing", {"Room": room, "Users": names})]
    if news.users and not names:
        return []
    return [Frame.event("typing", names[-1] if names else "")]


def _announcement(room: str, event: Event) -> Frame:
    return Frame.event("chat", {**event_payload(room, event), "EvtType": "message"})


def _bytes(frame: Frame) -> int:
    return FRAME_BYTES + 2 * len(frame.packet)
