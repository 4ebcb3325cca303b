"""Merging: joins consecutive events of one room that are published together to one frame. Pure."""

from collections.abc import Iterable, Iterator

from msgspec import structs

from broker.effects import Publish
from common.codec import PAGE_BYTES
from common.messages import Event, Happened

_EVENT_BYTES = 600
"""The longest frame of an event without its text."""
_CHAR_BYTES = 4
"""The longest character in UTF-8. To count the real bytes would cost a copy of each text."""


def merged(publishes: Iterable[Publish]) -> Iterator[Publish]:
    """The same broadcasts, with the same order on every topic, in fewer frames of at most about
    PAGE_BYTES. Between two other messages, `Happened` of different topics may change places."""
    open_frames: dict[str, _Frame] = {}
    for publish in publishes:
        topic, message = publish.topic, publish.message
        if not isinstance(message, Happened):
            # Marks and beacons name heads: the events up to these heads have to be sent before.
            yield from _close(open_frames)
            yield publish
            continue
        frame = open_frames.get(topic)
        if frame is not None and frame.try_add(message):
            continue
        if frame is not None:
            del open_frames[topic]
            yield frame.publish()
        open_frames[topic] = _Frame(publish, message)
    yield from _close(open_frames)


class _Frame:
    """One or more `Happened` of a topic, to be published as one."""

    def __init__(self, publish: Publish, message: Happened) -> None:
        self._publish = publish
        self._message = message
        self._events = message.events
        self._bytes = _size(message.events)

    def try_add(self, message: Happened) -> bool:
        """Joins the events of this message to the frame and returns True, if they follow the last
        event, are for the same sessions and fit in."""
        first, size = self._message, self._bytes + _size(message.events)
        if (
            (first.room, first.epoch, first.term, first.to, first.floors)
            != (message.room, message.epoch, message.term, message.to, message.floors)
            or message.events[0].seq != self._events[-1].seq + 1
            or size > PAGE_BYTES
        ):
            return False
        if self._events is first.events:
            self._events = list(first.events)
        self._events += message.events
        self._bytes = size
        return True

    def publish(self) -> Publish:
        if self._events is self._message.events:
            return self._publish
        message = structs.replace(self._message, events=self._events)
        return Publish(self._publish.topic, message)


def _close(open_frames: dict[str, _Frame]) -> Iterator[Publish]:
    for frame in open_frames.values():
        yield frame.publish()
    open_frames.clear()


def _size(events: list[Event]) -> int:
    size = 0
    for event in events:
        size += _EVENT_BYTES + _CHAR_BYTES * len(event.text)
    return size
