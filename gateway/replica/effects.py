"""The effects: what a replica wants to be done, within which limits. Pure."""

from msgspec import Struct

from common.messages import Event


class ReplicaLimits(Struct, frozen=True):
    """What one room may ask for and hold."""

    replay_events: int
    """The newest page."""
    recovery_events: int
    """Further behind than this the replica starts over."""
    hold_bytes: int
    """Events that wait behind a hole, as `event_bytes` counts them."""

    @property
    def tail_events(self) -> int:
        """Who comes back with `since` finds in the tail what was missed."""
        return self.recovery_events + self.replay_events


class AskPage(Struct, frozen=True):
    """Ask the broker for events above `after`, or for the newest."""

    room: str
    after: int | None
    limit: int


class Deliver(Struct, frozen=True):
    """The next events of the room: after those before, in Seq order, no hole, no repeat."""

    room: str
    events: list[Event]


class StartOver(Struct, frozen=True):
    """Forget what was shown of the room; these are its newest events, up to `head`."""

    room: str
    epoch: str
    head: int
    events: list[Event]


Effect = AskPage | Deliver | StartOver
