"""The effects: what a room has to do for its replica, and the replica's limits."""

from msgspec import Struct

from common.messages import Event


class ReplicaLimits(Struct, frozen=True):
    """How much one replica may request and keep."""

    replay_events: int
    """The most events of the newest page, with which a log begins."""
    recovery_events: int
    """A replica that lacks more events than this starts over instead of requesting them."""
    hold_bytes: int
    """The most bytes of events that wait behind a hole, as `event_bytes` counts them."""

    @property
    def tail_events(self) -> int:
        """The most events of the tail: enough for a socket that comes back with `since`."""
        return self.recovery_events + self.replay_events


class AskPage(Struct, frozen=True):
    """Request a page from the broker: the events above `after`; None: the newest ones."""

    room: str
    after: int | None
    limit: int


class Deliver(Struct, frozen=True):
    """Send the next events of the room. In all Deliver effects together the events are in Seq
    order, without a hole or a repeat."""

    room: str
    events: list[Event]


class StartOver(Struct, frozen=True):
    """Reset the room for its sockets. `events` are the newest ones, up to `head`."""

    room: str
    epoch: str
    head: int
    events: list[Event]


Effect = AskPage | Deliver | StartOver
