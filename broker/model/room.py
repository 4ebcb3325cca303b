"""One room: the head of its log, its participants or members, and what is due for publication.

A room knows people by uid and name, and nothing of their sockets. Every method that appends an
event to the log returns the event; the log itself is in the store.
"""

from broker.effects import RoomFact
from broker.model.crowd import Crowd
from broker.model.participants import NameIndex
from broker.model.presence import PresenceTracker, Versions
from broker.model.typists import Typists
from common.messages import Event, EventKind, GetParticipants, events_topic
from common.names import is_private
from common.settings import Settings


class Room:
    """A public room, which has participants, or a private one, which has members.

    `now` is listening time in seconds, `wall` Unix time."""

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
        """The Seq of the last event; 0 if there is none."""
        self.appended_at = -1.0
        """When the last event was appended, in listening time; -1 if none was since the room was
        loaded."""
        self.members = fact.members
        """The uids of a private room's members; empty for a public room."""
        self.unlisted = set(fact.unlisted)
        """Members who do not have the room in their list of rooms: they get no events of it."""
        self.floors: dict[str, int] = {}
        """Members who have got the room into their list since it was loaded, each with the head
        at that time: no event up to it is sent to a socket that does not know the room yet."""
        self.title = fact.title
        self.private = is_private(fact.room)
        self.topic = events_topic(fact.room)
        self.participants = NameIndex()
        self.presence = PresenceTracker(versions)
        self.crowd = Crowd(settings.crowd, settings.crowd_joins)
        self.typists = Typists()
        self.waiting: list[tuple[bytes, GetParticipants]] = []
        """Requests for the names, each with its link, that are answered when the pending changes
        of presence are published."""

    @property
    def count(self) -> int:
        """The number of participants."""
        return len(self.participants.by_uid)

    @property
    def listed(self) -> list[str]:
        """The members of a private room who get its events."""
        return [uid for uid in self.members if uid not in self.unlisted]

    @property
    def due(self) -> float:
        """When presence or typing is to be published, or the crowd may end; else NEVER."""
        due = min(self.presence.due, self.typists.due)
        return min(due, self.crowd.due(self.count)) if self.crowd.active else due

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
        """A message, after which its author is no longer typing."""
        self.typists.stop(uid)
        self.head += 1  # without `append`: messages are by far the most events
        return Event(self.head, "message", user, wall, text, uid, id)

    def enter(self, uid: str, name: str, now: float, wall: float) -> Event | None:
        """A person becomes a participant. In a crowd there is no event of it."""
        self.participants.add(uid, name)
        if self.crowd.on_enter(uid, self.count, now):
            self.presence.set_crowd(True, now)
            self.typists.clear()
        self.presence.on_enter(name, self.count, now)
        return None if self.crowd.active else self.append("join", name, wall, uid=uid)

    def leave(self, uid: str, now: float, wall: float) -> Event | None:
        """A participant leaves. In a crowd there is no event of it."""
        name = self.participants.remove(uid)
        self.crowd.on_leave(uid, now)
        self.typists.stop(uid)
        self.presence.on_leave(name, self.count, now)
        return None if self.crowd.active else self.append("leave", name, wall, uid=uid)

    def rename(self, uid: str, name: str, now: float, wall: float) -> Event | None:
        """A participant has a new name. In a crowd there is no event of it."""
        old = self.participants.remove(uid)
        self.participants.add(uid, name)
        self.typists.rename(uid, name)
        self.presence.on_leave(old, self.count, now)
        self.presence.on_enter(name, self.count, now)
        return None if self.crowd.active else self.append("rename", name, wall, uid=uid, text=old)

    def set_typing(self, uid: str, name: str, typing: bool, now: float) -> None:
        """In a crowd typing is not published."""
        if not typing:
            self.typists.stop(uid)
        elif not self.crowd.active:
            self.typists.start(uid, name, now)

    def end_crowd_if_calm(self, now: float) -> None:
        if self.crowd.end_if_calm(self.count, now):
            self.presence.set_crowd(False, now)

    # --- after a restart -------------------------------------------------------------------------

    def restore_participant(self, uid: str, name: str) -> None:
        """This person was in the room before the restart: nothing is published."""
        if uid not in self.participants:
            self.participants.add(uid, name)

    def restored(self, changed_at: float | None) -> None:
        """All participants are restored. `changed_at` as in `PresenceTracker.restore`."""
        self.crowd.restore(self.count)
        self.presence.restore(self.crowd.active, changed_at)
