"""The topics that a gateway is subscribed to, on this link and on each new one. Pure."""

from collections.abc import Iterable
from itertools import islice

from gateway.link.ports import LinkConnection

STEP_TOPICS = 1000
"""Topics that are subscribed in one step."""


class Topics:
    """Topics are subscribed in the order in which they were added. On a new link they are very
    many, so they are subscribed in steps; topics that are added meanwhile come last."""

    def __init__(self, first: str) -> None:
        self._topics: dict[str, None] = {first: None}
        self._waiting: dict[str, None] = {}
        """Topics whose turn to be subscribed has not come."""
        self._connection: LinkConnection | None = None
        """Where topics are subscribed; None between two links."""

    def subscribe(self, topics: Iterable[str]) -> None:
        for topic in topics:
            if topic not in self._topics:
                self._topics[topic] = None
                if self._waiting:
                    self._waiting[topic] = None
                elif self._connection is not None:
                    self._connection.subscribe([topic])

    def unsubscribe(self, topics: Iterable[str]) -> None:
        for topic in topics:
            if topic in self._topics:
                del self._topics[topic]
                if topic in self._waiting:
                    del self._waiting[topic]
                elif self._connection is not None:
                    self._connection.unsubscribe(topic)

    def begin(self, connection: LinkConnection) -> None:
        """All topics have to be subscribed on this connection, by `step`."""
        self._connection = connection
        self._waiting = dict.fromkeys(self._topics)

    def end(self) -> None:
        """The connection is lost."""
        self._connection = None
        self._waiting = {}

    def step(self) -> bool:
        """Subscribes the next topics. Returns whether there are more."""
        topics = list(islice(self._waiting, STEP_TOPICS))
        for topic in topics:
            del self._waiting[topic]
        if self._connection is not None and topics:
            self._connection.subscribe(topics)
        return bool(self._waiting)
