"""A room: the head of its log, who is in it, and the rules of what is told. Pure.

It knows people as uids with names, not their sockets. Each method that makes an event returns it;
the log itself is the store's.
"""

from broker.effects import RoomFact
from broker.model.crowd import Crowd
from broker.model.participants import NameIndex
from broker.model.presence import PresenceTracker, Versions
from broker.model.typists import Typists
from common.messages import Event, EventKind, GetParticipants, events_topic
from common.names import SYSTEM, is_private
from common.settings import Settings


class Room:
    """A public room, or a private one, which has members and no participants."""

    __slots__ = (
        "appended_at",
        "crowd",
        "floors",
        "head",
        "kind",
        "members",
        "name",
        "participants",
        "presence",
        "private",
        "title",
        "topic",
        "typists",
        "unlisted",
        "waiting",
    )

    def __init__(self, fact: RoomFact, settings: Settings, versions: Versions) -> None:
        self.name = fact.room
        self.kind = fact.kind
        self.head = fact.head
        self.appended_at = -1.0
        """When the last event since the room was loaded happened, in listening time."""
        self.members = fact.members
        self.unlisted = set(fact.unlisted)
        """Members in whose list of rooms it is not: they are told nothing of it."""
        self.floors: dict[str, int] = {}
        """Members into whose list it came since the room was loaded, each with the head at that
        time: sockets that have not heard of it yet are told nothing older."""
        self.title = fact.title
        self.private = is_private(fact.room)
        self.topic = events_topic(fact.room)
        self.participants = NameIndex()
        self.presence = PresenceTracker(versions)
        self.crowd = Crowd(settings.crowd, settings.crowd_joins)
        self.typists = Typists()
        self.waiting: list[tuple[bytes, GetParticipants]] = []
        """Who has asked for the names and waits for presence to go out, each with their link."""

    @property
    def count(self) -> int:
        return len(self.participants)

    @property
    def listed(self) -> list[str]:
        """The members of a private room who are told of it."""
        return [uid for uid in self.members if uid not in self.unlisted]

    @property
    def due(self) -> float:
        """When something is to be told or ended; NEVER if nothing is."""
        due = min(self.presence.due, self.typists.due)
        return min(due, self.crowd.due(self.count)) if self.crowd.on else due

    def append(
        self,
        kind: EventKind,
        user: str,
        wall: float,
        *,
        uid: str = "",
        text: str = "",
        id: str = "",
        ref: int = 0,
    ) -> Event:
        """The next event of the log."""
        self.head += 1
        return Event(self.head, kind, user, wall, text, uid, id, ref)

    def say(self, uid: str, user: str, text: str, id: str, wall: float) -> Event:
        self.typists.stop(uid)
        return self.append("message", user, wall, uid=uid, text=text, id=id)

    def restore_participant(self, uid: str, name: str) -> None:
        """Somebody is here as they were before: nothing is told."""
        if uid not in self.participants:
            self.participants.add(uid, name)

    def enter(self, uid: str, name: str, now: float, wall: float) -> Event | None:
        """Somebody comes in; in a crowd no event tells it."""
        self.participants.add(uid, name)
        if self.crowd.joined(uid, self.count, now):
            self.presence.turn(True, now)
            self.typists.clear()
        self.presence.came(name, self.count, now)
        return None if self.crowd.on else self.append("join", name, wall, uid=uid)

    def exit(self, uid: str, now: float, wall: float) -> Event | None:
        """Somebody goes."""
        name = self.participants.remove(uid)
        self.crowd.left(uid, now)
        self.typists.stop(uid)
        self.presence.went(name, self.count, now)
        return None if self.crowd.on else self.append("leave", name, wall, uid=uid)

    def rename(self, uid: str, name: str, now: float, wall: float) -> Event | None:
        """Somebody who is here has a new name."""
        old = self.participants.remove(uid)
        self.participants.add(uid, name)
        self.typists.rename(uid, name)
        self.presence.went(old, self.count, now)
        self.presence.came(name, self.count, now)
        return None if self.crowd.on else self.append("rename", name, wall, uid=uid, text=old)

    def type(self, uid: str, name: str, typing: bool, now: float) -> None:
        if not typing:
            self.typists.stop(uid)
        elif not self.crowd.on:
            self.typists.start(uid, name, now)

    def calm(self, now: float) -> None:
        """Ends a crowd that is none any more."""
        if self.crowd.calmed(self.count, now):
            self.presence.turn(False, now)

    def wake(self, stirred_at: float | None) -> None:
        """After everybody was seated. Is this a crowd? `stirred_at` as in
        `PresenceTracker.begin`."""
        self.crowd.count_in(self.count)
        self.presence.begin(self.crowd.on, stirred_at)


def system_room() -> RoomFact:
    """The room of announcements, before anything was announced."""
    return RoomFact(SYSTEM, "public", 0)
