"""The room table: every room that somebody on this gateway is subscribed to.

A public room stays for some seconds after its last subscriber has left.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, takewhile

from common import messages as m
from common.names import SYSTEM, is_private
from common.settings import Settings
from gateway.replica.effects import ReplicaLimits
from gateway.replica.replica import Replica
from gateway.rooms.context import RoomContext
from gateway.rooms.marks import Marks
from gateway.rooms.private_room import PrivateRoom
from gateway.rooms.public_room import PublicRoom, topics
from gateway.rooms.room import Room
from gateway.rooms.sessions import Session, Sessions
from gateway.runtime.ports import Broker, Loop

HOLD_BYTES = 8 << 20
"""Events of one room that wait behind a hole."""

FORGET_ROOMS = 200
"""Empty rooms that one call of `forget_empty` unsubscribes."""


class RoomTable:
    """Public and private rooms by name: a private room's name begins with `@`."""

    def __init__(
        self,
        settings: Settings,
        link: Broker,
        sessions: Sessions,
        context: RoomContext,
        marks: Marks,
        loop: Loop,
    ) -> None:
        self._rooms: dict[str, Room] = {}
        self._empty: dict[PublicRoom, float] = {}
        """Public rooms that had no subscriber, and since when (monotonic), the oldest first."""
        self._context = context
        self._marks = marks
        self._link = link
        self._loop = loop
        self._sessions = sessions
        self._limits = ReplicaLimits(
            replay_events=min(1000, 2 * settings.replay_events),
            recovery_events=settings.recovery_events,
            hold_bytes=HOLD_BYTES,
        )

    def __iter__(self) -> Iterator[Room]:
        return iter(self._rooms.values())

    def get(self, name: str) -> Room | None:
        return self._rooms.get(name)

    def names(self, *, private: bool) -> list[str]:
        """The names of all private, or of all public rooms."""
        return [name for name in self._rooms if is_private(name) is private]

    def public(self, name: str) -> PublicRoom:
        """The public room of this name. A new one is subscribed to at the broker."""
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = PublicRoom(name, Replica(name, self._limits), self._context)
            self._link.subscribe(topics(name))
            self._marks.want(name)
            self._note_empty(room)
        assert isinstance(room, PublicRoom), "the caller has looked at the name"
        return room

    def private(self, name: str, epoch: str, here: Iterable[Session]) -> PrivateRoom:
        """The private room of this name, with these sockets of members subscribed. A new room
        begins at the lowest floor of them, so that events they lack show as a hole."""
        here = list(here)
        room = self._rooms.get(name)
        if room is None:
            floor = min(session.floor(name) for session in here)
            replica = Replica(name, self._limits, private=True, epoch=epoch, head=floor)
            room = self._rooms[name] = PrivateRoom(name, replica, self._context)
        assert isinstance(room, PrivateRoom), "the caller has looked at the name"
        room.add(here)
        return room

    # --- subscribers -----------------------------------------------------------------------------

    def leave(self, name: str, session: Session) -> None:
        """The socket has left this public room."""
        room = self._rooms.get(name)
        if isinstance(room, PublicRoom):
            room.leave(session)
            if room.is_empty:
                self._note_empty(room)

    def leave_all(self, session: Session) -> None:
        """The socket is gone."""
        for name in (SYSTEM, *session.rooms):
            self.leave(name, session)
        for name in session.floors:
            room = self._rooms.get(name)
            if room is not None:
                room.leave(session)
                if room.is_empty:
                    self._close(room)

    def forget_empty(self, since: float) -> None:
        """Unsubscribes public rooms that have had no subscriber since then, FORGET_ROOMS at
        most."""
        old = takewhile(lambda room: self._empty[room] <= since, self._empty)
        for room in list(islice(old, FORGET_ROOMS)):
            del self._empty[room]
            if room.is_empty and room.name != SYSTEM:
                self._close(room)
                self._context.rosters.forget(room)
                self._link.unsubscribe(topics(room.name))
                self._marks.forget(room.name)

    def _note_empty(self, room: PublicRoom) -> None:
        self._empty.pop(room, None)
        self._empty[room] = self._loop.time()

    def _close(self, room: Room) -> None:
        room.closed = True
        self._context.tail_budget.forget(room)
        del self._rooms[room.name]

    # --- what the broker says --------------------------------------------------------------------

    def on_events(self, news: m.Happened) -> None:
        """Events of a room were published."""
        self._sessions.set_first_floors(news.room, news.floors)
        room = self._addressed(news.room, news.epoch, news.to)
        if room is not None:
            room.on_events(news.epoch, news.events)

    def on_typing(self, news: m.Typing, epoch: str) -> None:
        """Somebody began or stopped typing."""
        self._sessions.set_first_floors(news.room, news.floors)
        room = self._addressed(news.room, epoch, news.to)
        if room is not None:
            room.typing(news)

    def on_presence(self, news: m.Presence) -> None:
        """Somebody came or went."""
        room = self._rooms.get(news.room)
        if isinstance(room, PublicRoom):
            room.presence(news)

    def on_head(self, name: str, epoch: str, head: int) -> None:
        """A room's log has this head. A private room that is news here is looked up."""
        room = self._rooms.get(name)
        if room is not None:
            room.on_head(epoch, head)
        elif is_private(name):
            self.look_up(name)

    def on_private_heads(
        self, epoch: str, heads: Mapping[str, int], members: Mapping[str, Sequence[str]]
    ) -> None:
        """Private rooms have these heads; `members` has those of the people asked about who belong
        to each room."""
        for name, uids in members.items():
            here = self._members_here(uids)
            known = name in self._rooms
            if known or any(s.floor(name) < heads[name] for s in here):
                self.private(name, epoch, here).on_head(epoch, heads[name])
                if not known:
                    self.look_up(name)  # members who were not asked about may be here

    def on_mark(self, mark: m.Marked) -> None:
        """The events topic of a public room is live."""
        name = mark.topic.removeprefix("events/").removesuffix("\0")
        room = self._rooms.get(name)
        if room is not None:
            self._marks.forget(name)
            room.on_mark(mark.epoch, mark.head)

    def look_up(self, name: str) -> None:
        """Asks who the members of a private room are that is news here."""

        def on_page(page: m.Paged | None) -> None:
            if page is None:
                return self._context.later(lambda: self.look_up(name))
            here = self._members_here(page.to)
            if here:
                self.private(name, page.epoch, here).on_head(page.epoch, page.head)

        self._context.ask_page(name, on_page, limit=1)

    def _addressed(self, name: str, epoch: str, to: Iterable[str]) -> Room | None:
        """The room that a broadcast is for; None if nobody here is subscribed. `to` are the members
        of a private room."""
        if not is_private(name):
            return self._rooms.get(name)
        here = self._members_here(to)
        return self.private(name, epoch, here) if here else None

    def _members_here(self, uids: Iterable[str]) -> list[Session]:
        """The sockets here of these people that receive private rooms."""
        return [s for s in self._sessions.of_people(uids) if not s.plain and not s.gone]
