"""The gateway's gauges: figures of the chat and its link that are read when /metrics is."""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from gateway.chat.chat import Chat
from gateway.link.ports import LinkCounts
from gateway.rooms.sessions import Session, Sessions
from gateway.runtime.descriptor_quota import browser_descriptors
from gateway.runtime.metrics import Metrics
from gateway.runtime.work_queue import WorkQueue

STEP_SOCKETS = 256
"""Sockets whose unsent bytes are added up in one step."""


class LinkFigures(Protocol):
    """What is shown of the link."""

    counts: LinkCounts

    @property
    def up(self) -> bool: ...


def register(metrics: Metrics, chat: Chat, link: LinkFigures) -> None:
    """Adds the figures of a running gateway to its metrics."""
    _register_chat(metrics, chat)
    counts, count = link.counts, metrics.count
    metrics.gauge("linked", "1 while linked to the broker, else 0", lambda: link.up)
    count("relinks", "times that the link came up, the first included", lambda: counts.relinks)
    count("bad_frames", "undecodable frames of the broker", lambda: counts.bad_frames)
    count(
        "refused_old_term",
        "answers, broadcasts and brokers refused because their term was older",
        lambda: counts.refused_old_term,
    )
    count(
        "late_answers",
        "answers to commands that were given up or answered before",
        lambda: counts.late_answers,
    )
    count("given_up", "commands given up without an answer in time", lambda: counts.given_up)
    count(
        "turned_away",
        "commands refused because too many waited for the broker",
        lambda: counts.turned_away,
    )
    count("link_faults", "errors of the gateway that its link survived", lambda: counts.faults)


def _register_chat(metrics: Metrics, chat: Chat) -> None:
    rooms, joins, context = chat.rooms, chat.joins.limiter, chat.context
    unsent = UnsentBytes(chat.sessions, context.work_queue)
    gauge = metrics.gauge
    gauge("connections", "connected Socket.IO sockets", lambda: len(chat.sessions))
    gauge("browser_descriptors", "descriptors that browsers may hold", browser_descriptors)
    gauge("rooms", "subscribed public rooms", lambda: len(rooms.names(private=False)))
    gauge(
        "private_rooms", "private rooms with a member here", lambda: len(rooms.names(private=True))
    )
    gauge("joins_waiting", "joins that were not sent to the broker yet", lambda: joins.waiting)
    gauge("outbox_bytes", "unsent bytes of all sockets, as of the previous scrape", unsent.figure)
    gauge(
        "tail_bytes",
        "bytes of recent events kept to catch up with",
        lambda: context.tail_budget.bytes,
    )


class UnsentBytes:
    """The unsent bytes of all sockets, added up in steps: each reading returns the sum that the
    reading before it began. It is work_queue.Work."""

    def __init__(self, sessions: Sessions, work_queue: WorkQueue) -> None:
        self._sessions = sessions
        self._work_queue = work_queue
        self._remaining: Iterator[Session] = iter(())
        self._sum = self._complete = 0

    def figure(self) -> int:
        """The last complete sum; begins another one."""
        self._remaining = iter(list(self._sessions))
        self._sum = 0
        self._work_queue.wake(self)
        return self._complete

    def step(self) -> bool:
        batch = list(islice(self._remaining, STEP_SOCKETS))
        self._sum += sum(session.socket.unsent_bytes for session in batch)
        if not batch:
            self._complete = self._sum
        return bool(batch)

    def failed(self) -> None:
        """The figure stays as it was."""
