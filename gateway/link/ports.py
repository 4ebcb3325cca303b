"""What a link works with: its connection, its listener, its reporter; and what it counts. Pure."""

from collections.abc import Iterable
from typing import Protocol

from common import messages as m


class LinkConnection(Protocol):
    """The sockets of one connection, from Hello to the loss of the link."""

    @property
    def subscribed(self) -> bool:
        """Whether the connection for broadcasts is up: then the subscriptions are on their way."""

    def answers(self, limit: int) -> Iterable[m.AnyAnswer]:
        """Receives the broker's answers, `limit` messages at most."""

    def broadcasts(self, limit: int) -> Iterable[tuple[str, m.AnyBroadcast]]:
        """Receives broadcasts, `limit` messages at most, each with its topic."""

    def send(self, frame: bytes) -> None: ...
    def subscribe(self, topics: Iterable[str]) -> None: ...
    def unsubscribe(self, topic: str) -> None: ...


class LinkListener(Protocol):
    """The chat, as the link sees it. An error raised here is reported and costs nobody else."""

    def session_infos(self) -> Iterable[m.SessionInfo]:
        """The sessions that are here, as far as the broker has acked them. They are read one by
        one while earlier ones are already on their way."""

    def on_link_up(self, epoch: str, term: int) -> None:
        """There is a new link: the broker knows which sessions are here, and was sent all waiting
        commands again. Every topic has to be proven live again."""

    def on_link_down(self) -> None:
        """The link was lost."""

    def on_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        """A message was published on a subscribed topic."""


class Reporter(Protocol):
    """Tells operators what went wrong."""

    def on_fault(self, error: Exception) -> None:
        """The listener or a callback raised this error, which is our own fault."""

    def on_turned_away(self, waiting: int) -> None:
        """There was no room for a command, since so many wait."""


class LinkCounts:
    """What happened to the link since the gateway started; all of it is exported as metrics."""

    def __init__(self) -> None:
        self.relinks = 0
        """How often the link came up, the first time included."""
        self.bad_frames = 0
        """Frames of the broker that could not be decoded."""
        self.refused_old_term = 0
        """Messages and brokers that were refused because they had an older term."""
        self.late_answers = 0
        """Answers for which nobody waited: the command was given up, or answered before."""
        self.given_up = 0
        """Commands without an answer in time."""
        self.turned_away = 0
        """Commands for which there was no room."""
        self.faults = 0
        """Errors of our own that the link survived."""
