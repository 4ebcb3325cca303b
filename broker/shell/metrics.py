"""The metrics: the broker's counters and gauges, for /metrics."""

from collections import Counter as Counts
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from broker.core.core import Figures


class Metrics(Collector):
    """Has a registry of its own, so that two brokers in one process count separately. What changes
    with each message is a plain number: a Counter's lock costs as much as sending the message."""

    def __init__(self) -> None:
        self.commands: Counts[str] = Counts()
        """Commands handled, by kind."""
        self.answers = self.broadcasts = self.events = self.writes = 0
        """Answers sent, frames and events published, writes committed."""
        self._registry = registry = CollectorRegistry()
        registry.register(self)
        self.bad_frames = Counter(
            "hubbub_broker_bad_frames", "Frames that could not be decoded.", registry=registry
        )
        self.undelivered = Counter(
            "hubbub_broker_undelivered",
            "Answers dropped: the peer is gone or reads too slowly.",
            registry=registry,
        )
        self.subscriptions = Counter(
            "hubbub_broker_subscriptions",
            "Subscriptions and unsubscriptions received.",
            registry=registry,
        )
        self.refused_peers = Counter(
            "hubbub_broker_refused_peers",
            "Connections refused because of their key or its role.",
            registry=registry,
        )
        self.refused_subscriptions = Counter(
            "hubbub_broker_refused_subscriptions",
            "Subscribers cut off because of an invalid topic or too many topics.",
            registry=registry,
        )
        self.refused_commands = Counter(
            "hubbub_broker_refused_commands",
            "Commands refused because of the role of the sender's key.",
            registry=registry,
        )
        self.commit_s = Histogram(
            "hubbub_broker_commit_seconds",
            "Time that a commit to the store took.",
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
            registry=registry,
        )
        self.failed_commits = Counter(
            "hubbub_broker_failed_commits", "Commits that failed.", registry=registry
        )
        self.pages = Counter(
            "hubbub_broker_pages",
            "Pages of events and lists of rooms read from the store.",
            registry=registry,
        )
        self.term = Gauge(
            "hubbub_broker_term",
            "The current term: it rises at each start and after each failed commit.",
            registry=registry,
        )

    def watch(self, read: Callable[[], Figures]) -> None:
        """Adds the gauges that call `read` at each scrape."""
        for name, text, figure in (
            ("gateways", "Gateways that are connected.", lambda: read().gateways),
            (
                "connections",
                "Browser sockets that have joined a room, on all gateways.",
                lambda: read().connections,
            ),
            ("rooms", "Public rooms with at least one participant.", lambda: read().rooms),
        ):
            gauge = Gauge(f"hubbub_broker_{name}", text, registry=self._registry)
            gauge.set_function(figure)

    def collect(self) -> Iterable[Metric]:
        """The plain numbers; the registry calls this at each scrape."""
        commands = CounterMetricFamily(
            "hubbub_broker_commands", "Commands handled, by kind.", labels=["do"]
        )
        for do, count in self.commands.items():
            commands.add_metric([do], count)
        yield commands
        for name, text, count in (
            ("answers", "Answers sent.", self.answers),
            ("broadcasts", "Frames published to gateways.", self.broadcasts),
            ("events", "Events published.", self.events),
            ("writes", "Writes committed to the store.", self.writes),
        ):
            yield CounterMetricFamily(f"hubbub_broker_{name}", text, count)

    def text(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self._registry)
