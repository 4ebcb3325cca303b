"""Merging: events of one room that are published together travel in one frame. Pure."""

from collections.abc import Iterable, Iterator

from broker.effects import Publish
from common.codec import PAGE_BYTES
from common.messages import Event, Happened

_EVENT_BYTES = 600
"""An event's frame without its text: names, ids and numbers at their longest."""
_CHAR_BYTES = 4
"""A character at its longest: to count bytes would cost a copy of each text."""


def merged(publishes: Iterable[Publish]) -> Iterator[Publish]:
    """The same broadcasts in the same order on every topic; only `Happened` is moved before
    `Happened` of other topics, and joined to a frame of about PAGE_BYTES."""
    open_frames: dict[str, _Frame] = {}
    for publish in publishes:
        topic, message = publish.topic, publish.message
        if not isinstance(message, Happened):
            # Marks and beacons tell heads: what they tell has to be out.
            yield from _close(open_frames)
            yield publish
            continue
        frame = open_frames.get(topic)
        if frame is not None and frame.take(message):
            continue
        if frame is not None:
            del open_frames[topic]
            yield frame.publish()
        open_frames[topic] = _Frame(publish, message)
    yield from _close(open_frames)


class _Frame:
    def __init__(self, publish: Publish, message: Happened) -> None:
        self._publish = publish
        self._message = message
        self._events = message.events
        self._bytes = _size(message.events)

    def take(self, message: Happened) -> bool:
        """Whether it could be joined."""
        mine, size = self._message, self._bytes + _size(message.events)
        if (
            (mine.room, mine.epoch, mine.term, mine.to, mine.floors)
            != (message.room, message.epoch, message.term, message.to, message.floors)
            or message.events[0].seq != self._events[-1].seq + 1
            or size > PAGE_BYTES
        ):
            return False
        if self._events is mine.events:
            self._events = list(mine.events)
        self._events += message.events
        self._bytes = size
        return True

    def publish(self) -> Publish:
        mine = self._message
        if self._events is mine.events:
            return self._publish
        whole = Happened(
            term=mine.term,
            epoch=mine.epoch,
            room=mine.room,
            events=self._events,
            to=mine.to,
            floors=mine.floors,
        )
        return Publish(self._publish.topic, whole)


def _close(open_frames: dict[str, _Frame]) -> Iterator[Publish]:
    for frame in open_frames.values():
        yield frame.publish()
    open_frames.clear()


def _size(events: list[Event]) -> int:
    size = 0
    for event in events:
        size += _EVENT_BYTES + _CHAR_BYTES * len(event.text)
    return size
