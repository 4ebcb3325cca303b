"""The gateway's metrics, as Prometheus reads them. `gauges.py` adds those that are read off the
chat and its link."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

ACK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

PAUSE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0)


class Metrics:
    """A registry of its own, so that several may live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events_in = self._counter("events_in", "Socket.IO events received from browsers")
        self.broadcasts = self._counter("broadcasts", "broadcasts received from the broker")
        self.deliveries = self._counter("deliveries", "events sent, each counted once per socket")
        self.holes_found = self._counter(
            "holes_found", "pages requested because events were missing, a room's first included"
        )
        self.holes_filled = self._counter("holes_filled", "requested pages that arrived")
        self.resets = self._counter("resets", "rooms that were started over from their newest page")
        self.beacons_missed = self._counter(
            "beacons_missed", "times that all heads were requested because beacons were missed"
        )
        self.cut_off = self._counter(
            "cut_off", "sockets closed because the browser did not read what was sent"
        )
        self.refused_frames = self._counter("refused_packets", "malformed packets of browsers")
        self.ack_seconds = Histogram(
            "hubbub_gateway_ack_seconds",
            "seconds from a chat request to its ack",
            buckets=ACK_SECONDS,
            registry=self.registry,
        )
        self.gc_pause = Histogram(
            "hubbub_gateway_gc_pause_seconds",
            "seconds in which the garbage collector stopped everything else",
            buckets=PAUSE_SECONDS,
            registry=self.registry,
        )

    def gauge(self, name: str, what: str, read: Callable[[], float]) -> None:
        """A figure that goes up and down and is read when /metrics is."""
        gauge = Gauge(f"hubbub_gateway_{name}", what, registry=self.registry)
        gauge.set_function(read)

    def count(self, name: str, what: str, read: Callable[[], float]) -> None:
        """A figure that only grows and is read when /metrics is."""
        self.registry.register(_Count(f"hubbub_gateway_{name}", what, read))

    def _counter(self, name: str, what: str) -> Counter:
        return Counter(f"hubbub_gateway_{name}", what, registry=self.registry)


class _Count(Collector):
    def __init__(self, name: str, what: str, read: Callable[[], float]) -> None:
        self._name = name
        self._what = what
        self._read = read

    def collect(self) -> Iterator[CounterMetricFamily]:
        yield CounterMetricFamily(self._name, self._what, self._read())
