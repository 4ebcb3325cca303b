"""The gateway's gauges: figures of the chat and its link that are read off when asked for."""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from gateway.chat.chat import Chat
from gateway.link.ports import LinkCounts
from gateway.rooms.sessions import Session, Sessions
from gateway.runtime.descriptor_quota import browsers
from gateway.runtime.metrics import Metrics
from gateway.runtime.work_queue import WorkQueue

LOOK_SOCKETS = 256
"""Sockets whose unsent bytes are added up in one step."""


class LinkFigures(Protocol):
    """What is shown of the link."""

    @property
    def up(self) -> bool: ...
    @property
    def counts(self) -> LinkCounts: ...


def register(metrics: Metrics, chat: Chat, link: LinkFigures) -> None:
    """Adds all gauges of a running gateway to its metrics."""
    rooms, admission = chat.rooms, chat.requests.admission
    unsent = UnsentBytes(chat.sessions, chat.context.slices)
    gauge = metrics.gauge
    gauge("connections", "sockets after CONNECT", lambda: len(chat.sessions))
    gauge("places", "descriptors for browsers", browsers)
    gauge("rooms", "public rooms taken up", lambda: len(rooms.names(private=False)))
    gauge(
        "private_rooms", "private rooms with somebody here", lambda: len(rooms.names(private=True))
    )
    gauge("linked", "1 while linked to the broker", lambda: link.up)
    gauge("joins_waiting", "joins not asked yet", lambda: admission.waiting)
    gauge("relinks", "links made so far", lambda: link.counts.relinks)
    gauge("bad_frames", "frames that were none", lambda: link.counts.bad_frames)
    gauge("outbox_bytes", "unsent bytes of all sockets, as of the previous scrape", unsent.figure)
    gauge("tail_bytes", "recent events kept for newcomers", lambda: chat.context.tails.bytes)


class UnsentBytes:
    """The unsent bytes of all sockets, added up piece by piece: each reading tells the sum that the
    reading before it began. It is slices.Work."""

    def __init__(self, sessions: Sessions, slices: WorkQueue) -> None:
        self._sessions = sessions
        self._slices = slices
        self._left: Iterator[Session] = iter(())
        self._sum = self._complete = 0

    def figure(self) -> int:
        """The last sum; begins another one."""
        self._left = iter(list(self._sessions))
        self._sum = 0
        self._slices.wake(self)
        return self._complete

    def step(self) -> bool:
        some = list(islice(self._left, LOOK_SOCKETS))
        self._sum += sum(session.socket.owed_bytes for session in some)
        if not some:
            self._complete = self._sum
        return bool(some)

    def failed(self) -> None:
        """The figure stays as it was."""
