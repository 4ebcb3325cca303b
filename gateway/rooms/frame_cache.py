"""The frame cache: a room's newest events as frames, so that each is encoded only once. Pure."""

from collections.abc import Iterable, Sequence

from common.messages import Event, Typing
from gateway.protocol.frames import Frame
from gateway.protocol.payloads import event_payload

FRAME_BYTES = 300
"""Roughly what a frame takes in memory besides its text, which is in memory twice."""


class FrameCache:
    """The frames of at most `most` of one room's events: those that were encoded last."""

    __slots__ = ("_made", "_most", "_room", "bytes")

    def __init__(self, room: str, most: int) -> None:
        self._room = room
        self._most = most
        self._made: dict[int, tuple[Event, Frame]] = {}
        self.bytes = 0

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
        """Drops all frames."""
        self._made.clear()
        self.bytes = 0

    def _frame(self, event: Event) -> Frame:
        before = self._made.get(event.seq)
        if before is not None:
            if before[0] is event or before[0] == event:
                return before[1]
            self._drop(event.seq)  # the event was edited, or is of another epoch
        frame = Frame.event("chat", event_payload(self._room, event))
        self._made[event.seq] = event, frame
        self.bytes += _bytes(frame)
        if len(self._made) > self._most:
            self._drop(next(iter(self._made)))
        return frame

    def _drop(self, seq: int) -> None:
        self.bytes -= _bytes(self._made.pop(seq)[1])


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
