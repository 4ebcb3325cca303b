"""The metrics: what the broker counts, for /metrics."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from broker.core import Figures


class Metrics:
    """On a registry of its own: two brokers in one process do not meet."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.commands = Counter(
            "hubbub_broker_commands", "Commands taken, by kind.", ["do"], registry=registry
        )
        self.bad_frames = Counter(
            "hubbub_broker_bad_frames", "Frames that were no command.", registry=registry
        )
        self.answers = Counter("hubbub_broker_answers", "Answers sent.", registry=registry)
        self.undelivered = Counter(
            "hubbub_broker_undelivered",
            "Answers to a peer that is gone or full.",
            registry=registry,
        )
        self.broadcasts = Counter(
            "hubbub_broker_broadcasts", "Frames published.", registry=registry
        )
        self.events = Counter("hubbub_broker_events", "Events published.", registry=registry)
        self.subscriptions = Counter(
            "hubbub_broker_subscriptions", "Subscriptions begun or ended.", registry=registry
        )
        self.writes = Counter("hubbub_broker_writes", "Writes committed.", registry=registry)
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

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self._registry)
