"""The audience of a public room on this gateway: who hears it, and who is here at all."""

from collections.abc import Sequence

from common.messages import Presence, events_topic, presence_topic, typing_topic
from gateway.context import RoomContext
from gateway.frames import Frame
from gateway.gathering import Notice
from gateway.hearing import Hearing
from gateway.replica import Replica
from gateway.rosters import PLAIN_NAMES
from gateway.sessions import Session


def topics(room: str) -> list[str]:
    """A public room's, in the order that lets the mark on the last prove all."""
    return [presence_topic(room), typing_topic(room), events_topic(room)]


class Audience(Hearing):
    """A public room is heard by joining it only."""

    has_topic = True

    def __init__(self, room: str, replica: Replica, context: RoomContext) -> None:
        super().__init__(room, replica, context)
        self.roster_pause = 0.0
        """Monotonic time before which the `participant` line is not asked for again."""

    def settle(self, session: Session) -> None:
        super().settle(session)
        if session.plain:
            self._context.rosters.want(self)

    def presence(self, news: Presence) -> None:
        """Who came and went; plain sockets wait for their line."""
        if self.members.any_plain:
            self._context.rosters.want(self)
        payload = {
            "Room": self.room,
            "Since": news.since,
            "Version": news.version,
            "Count": news.count,
            "Joined": news.joined,
            "Left": news.left,
        }
        self.tell(Notice(objects=Frame.event("presence", payload), arriving=True))

    def tell_roster(self, names: Sequence[str], count: int, crowd: bool) -> None:
        """The `participant` line for plain sockets."""
        shown = names[:PLAIN_NAMES] if crowd else names
        more = count - len(shown)
        line = ", ".join(shown) + (f", … and {more} more" if more > 0 else "")
        self.tell(Notice(plain=Frame.event("participant", line)))
