"""A public room on this gateway: sockets are subscribed by joining it."""

from collections.abc import Sequence

from common.messages import Presence, events_topic, presence_topic, typing_topic
from gateway.protocol.frames import Frame
from gateway.replica.replica import Replica
from gateway.rooms.context import RoomContext
from gateway.rooms.plain_rosters import PLAIN_NAMES
from gateway.rooms.room import Room
from gateway.rooms.send_queue import Notice
from gateway.rooms.sessions import Session


def topics(name: str) -> list[str]:
    """The topics of a public room, in the order in which a mark on the last proves all of them."""
    return [presence_topic(name), typing_topic(name), events_topic(name)]


class PublicRoom(Room):
    """A room with presence and topics of its own; plain sockets get a `participant` line."""

    has_topic = True

    def __init__(self, name: str, replica: Replica, context: RoomContext) -> None:
        super().__init__(name, replica, context)
        self.roster_not_before = 0.0
        """Monotonic time before which the names for that line are not requested again."""

    def subscribe(self, session: Session) -> None:
        super().subscribe(session)
        if session.plain:
            self._context.rosters.add(self)

    def on_presence(self, news: Presence) -> None:
        """Sends who came and went; for plain sockets a new `participant` line is requested."""
        if self.subscribers.any_plain:
            self._context.rosters.add(self)
        payload = {
            "Room": self.name,
            "Since": news.since,
            "Version": news.version,
            "Count": news.count,
            "Joined": news.joined,
            "Left": news.left,
        }
        self.send_notice(Notice(objects=Frame.event("presence", payload), for_catch_ups=True))

    def send_roster(self, names: Sequence[str], count: int, crowd: bool) -> None:
        """Sends the `participant` line to plain sockets."""
        shown = names[:PLAIN_NAMES] if crowd else names
        more = count - len(shown)
        line = ", ".join(shown) + (f", … and {more} more" if more > 0 else "")
        self.send_notice(Notice(plain=Frame.event("participant", line)))
