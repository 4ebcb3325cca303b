"""The gateway's figures, as Prometheus reads them."""

import time
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gateway import browser
from gateway.places import browsers
from gateway.sessions import Session, Sessions
from gateway.slices import Slices
from gateway.sockets import Reply

if TYPE_CHECKING:
    from gateway.chat import Chat
    from gateway.link import Link

ACK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

PAUSE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0)

LOOK_SOCKETS = 256


class Owed:
    """What all sockets owe together, added up in pieces: a figure is that of the last look. It is
    slices.Work."""

    def __init__(self, sessions: Sessions, slices: Slices) -> None:
        self._sessions = sessions
        self._slices = slices
        self._left: Iterator[Session] = iter(())
        self._sum = self._last = 0

    def figure(self) -> int:
        """As of the last look; begins another."""
        self._left = iter(list(self._sessions))
        self._sum = 0
        self._slices.want(self)
        return self._last

    def step(self) -> bool:
        some = list(islice(self._left, LOOK_SOCKETS))
        self._sum += sum(session.socket.owed_bytes for session in some)
        if not some:
            self._last = self._sum
        return bool(some)

    def failed(self) -> None:
        """The figure stays that of the last look."""


class Metrics:
    """A registry of its own, so that several may live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events_in = self._counter("events_in", "Socket.IO events from browsers")
        self.broadcasts = self._counter("broadcasts", "frames heard from the broker")
        self.deliveries = self._counter("deliveries", "events out, one for each socket")
        self.holes_found = self._counter("holes_found", "pages asked for, a first one too")
        self.holes_filled = self._counter("holes_filled", "pages that came")
        self.resets = self._counter("resets", "rooms begun afresh")
        self.beacons_missed = self._counter("beacons_missed", "looks at all heads for it")
        self.cut_off = self._counter("cut_off", "sockets closed for not reading")
        self.refused_frames = self._counter("refused_packets", "malformed packets of browsers")
        self.ack_seconds = Histogram(
            "hubbub_gateway_ack_seconds",
            "from a chat to its ack",
            buckets=ACK_SECONDS,
            registry=self.registry,
        )

        self.gc_pause = Histogram(
            "hubbub_gateway_gc_pause_seconds",
            "in which the garbage collector held everything up",
            buckets=PAUSE_SECONDS,
            registry=self.registry,
        )

    def watch(self, chat: "Chat[Link]") -> None:
        """Figures that are read off when asked for."""
        self._gauge("connections", "sockets after CONNECT", lambda: len(chat.sessions))
        self._gauge("places", "descriptors for browsers", browsers)
        self._gauge("rooms", "public rooms taken up", lambda: len(chat.rooms.audiences))
        self._gauge(
            "private_rooms", "private rooms with somebody here", lambda: len(chat.rooms.inboxes)
        )
        self._gauge("linked", "1 while linked to the broker", lambda: chat.link.up)
        admission = chat.requests.admission
        self._gauge("joins_waiting", "joins not asked yet", lambda: admission.waiting)
        self._gauge("relinks", "links made so far", lambda: chat.link.relinks)
        self._gauge("bad_frames", "frames that were none", lambda: chat.link.bad_frames)
        self._gauge(
            "outbox_bytes",
            "bytes owed to all sockets when this was asked for last",
            Owed(chat.sessions, chat.rooms.means.slices).figure,
        )
        self._gauge(
            "tail_bytes",
            "recent events kept for newcomers",
            lambda: chat.rooms.tails.bytes,
        )

    def timed(self, ask: browser.Ask, reply: Reply) -> Reply:
        """The same reply, its time noted if it acks a message."""
        if not isinstance(ask, browser.ChatAsk | browser.PlainChat):
            return reply
        began = time.perf_counter()

        def timed_reply(ack: dict[str, Any] | None) -> None:
            if ack is not None:
                self.ack_seconds.observe(time.perf_counter() - began)
            reply(ack)

        return timed_reply

    def _counter(self, name: str, what: str) -> Counter:
        return Counter(f"hubbub_gateway_{name}", what, registry=self.registry)

    def _gauge(self, name: str, what: str, read: Any) -> None:
        gauge = Gauge(f"hubbub_gateway_{name}", what, registry=self.registry)
        gauge.set_function(lambda: float(read()))
