"""The gateway's counters, as Prometheus reads them; what is read off is in gauges.py."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

ACK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

PAUSE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0)


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

    def gauge(self, name: str, what: str, read: Callable[[], float]) -> None:
        """A figure that is read off when it is asked for."""
        gauge = Gauge(f"hubbub_gateway_{name}", what, registry=self.registry)
        gauge.set_function(read)

    def _counter(self, name: str, what: str) -> Counter:
        return Counter(f"hubbub_gateway_{name}", what, registry=self.registry)
