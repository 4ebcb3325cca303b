"""The metrics: what the broker counts, for /metrics."""

from collections import Counter as Counts
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from broker.core.core import Figures


class Metrics(Collector):
    """On a registry of its own: two brokers in one process do not meet. What is counted with each
    message is a plain number, since a Counter's lock costs as much as sending one."""

    def __init__(self) -> None:
        self.commands: Counts[str] = Counts()
        """Taken, by kind."""
        self.answers = self.broadcasts = self.events = self.writes = 0
        """Answers sent, frames and events published, writes committed."""
        self._registry = registry = CollectorRegistry()
        registry.register(self)
        self.bad_frames = Counter(
            "hubbub_broker_bad_frames", "Frames that were no command.", registry=registry
        )
        self.undelivered = Counter(
            "hubbub_broker_undelivered",
            "Answers to a peer that is gone or full.",
            registry=registry,
        )
        self.subscriptions = Counter(
            "hubbub_broker_subscriptions", "Subscriptions begun or ended.", registry=registry
        )
        self.refused_peers = Counter(
            "hubbub_broker_refused_peers",
            "Connections refused for their key or its role.",
            registry=registry,
        )
        self.refused_subscriptions = Counter(
            "hubbub_broker_refused_subscriptions",
            "Subscribers cut off: too many topics, or none that there are.",
            registry=registry,
        )
        self.refused_commands = Counter(
            "hubbub_broker_refused_commands",
            "Commands refused for the role of their key.",
            registry=registry,
        )
        self.commit_s = Histogram(
            "hubbub_broker_commit_seconds",
            "Time of a commit.",
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
            registry=registry,
        )
        self.refused = Counter(
            "hubbub_broker_commits_refused", "Commits that failed.", registry=registry
        )
        self.pages = Counter("hubbub_broker_pages", "Pages read.", registry=registry)
        self.term = Gauge("hubbub_broker_term", "The term of this run.", registry=registry)

    def watch(self, read: Callable[[], Figures]) -> None:
        """Figures that are read off when asked for."""
        for name, what, figure in (
            ("gateways", "Gateways with a link.", lambda: read().gateways),
            ("connections", "Sockets that have joined, of all.", lambda: read().connections),
            ("rooms", "Public rooms with somebody in them.", lambda: read().rooms),
        ):
            gauge = Gauge(f"hubbub_broker_{name}", what, registry=self._registry)
            gauge.set_function(figure)

    def collect(self) -> Iterable[Metric]:
        """The plain numbers, for the registry."""
        commands = CounterMetricFamily(
            "hubbub_broker_commands", "Commands taken, by kind.", labels=["do"]
        )
        for do, count in self.commands.items():
            commands.add_metric([do], count)
        yield commands
        for name, what, count in (
            ("answers", "Answers sent.", self.answers),
            ("broadcasts", "Frames published.", self.broadcasts),
            ("events", "Events published.", self.events),
            ("writes", "Writes committed.", self.writes),
        ):
            yield CounterMetricFamily(f"hubbub_broker_{name}", what, count)

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self._registry)
