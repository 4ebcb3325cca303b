"""The room table: every room with a subscriber on this gateway, public and private.

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
from gateway.rooms.overtaking import OvertakingBroadcasts
from gateway.rooms.private_room import PrivateRoom
from gateway.rooms.public_room import PublicRoom, topics
from gateway.rooms.room import Room
from gateway.rooms.send_queue import Notice
from gateway.rooms.sessions import Session, Sessions
from gateway.runtime.ports import Broker, Loop
from gateway.runtime.questions import ask_until_answered

HOLD_BYTES = 8 << 20
"""A room drops the events that wait behind a hole if they take more memory than this, and requests
them again later."""

FORGET_ROOMS = 200
"""One call of `forget_empty` unsubscribes at most this many rooms."""


class RoomTable:
    """The rooms by name; a private room's name begins with `@`. Only this package reaches into the
    rooms: everybody else calls the methods here."""

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
        self.overtaking = OvertakingBroadcasts()
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

    def names(self, *, private: bool) -> list[str]:
        """The names of all private, or of all public rooms."""
        return [name for name in self._rooms if is_private(name) is private]

    def public(self, name: str) -> PublicRoom:
        """Returns the public room of this name. A new room's topics are subscribed to."""
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = PublicRoom(name, Replica(name, self._limits), self._context)
            self._link.subscribe(topics(name))
            self._marks.add(m.events_topic(name))
            self._note_empty(room)
        assert isinstance(room, PublicRoom), "the caller has looked at the name"
        return room

    def private(self, name: str, epoch: str, here: Iterable[Session]) -> PrivateRoom:
        """Returns the private room of this name, with these sockets of members subscribed. A new
        room begins at the lowest of their floors, so that events they lack show as a hole."""
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

    def subscribe_to_system(self, session: Session) -> None:
        """Subscribes a new socket to the system's room, as every socket is."""
        self.public(SYSTEM).subscribe(session)

    def join(self, session: Session, name: str, epoch: str, cursor: int | None, head: int) -> bool:
        """Takes a socket to a room that the broker has let it into: catches it up from `cursor` on
        (None: with the newest page up to `head`), then subscribes it. `epoch` and `head` are those
        of the join's ack. Returns whether the socket gets exactly the events above `cursor`."""
        room: Room
        if is_private(name):
            if self._may_lack_members(name, head):
                self.look_up(name)
            room = self.private(name, epoch, [session])
        else:
            room = self.public(name)
        if room.was_sent(session):
            cursor = None  # newer events were sent already: starts over rather than out of order
        room.catch_up(session, cursor, head)
        room.on_head(epoch, head)
        return cursor is not None

    def add_member(self, session: Session, epoch: str, heads: Mapping[str, int]) -> None:
        """Subscribes a member's new socket to those of its private rooms that are open here.
        `heads` are the rooms and their heads as the answer to the first join has them; a room that
        was broadcast to the member while that answer was on its way is looked up."""
        overtaking = self.overtaking.to(session.uid)
        session.set_floors({**overtaking, **heads})
        for name in session.floors:
            if name in heads and name in self._rooms:
                self.private(name, epoch, [session])
            elif name in overtaking:
                self.look_up(name)

    def epoch_of(self, name: str) -> str | None:
        """The epoch of a room's log; None if the room is not open here."""
        room = self._rooms.get(name)
        return None if room is None else room.replica.epoch

    def on_plain(self) -> None:
        """A socket has turned out to use the plain form: only the system's room has it so far."""
        self.public(SYSTEM).subscribers.on_plain()

    def wake_catch_ups(self) -> None:
        """Gives every catch-up a turn, since some of them wait for browsers to read. Call this
        regularly."""
        for catch_ups in self._context.catching_up:
            catch_ups.wake()

    def notify_all(self, notice: Notice) -> None:
        """Sends a notice to every socket of this gateway."""
        self.public(SYSTEM).send_notice(notice)

    def leave(self, name: str, session: Session) -> None:
        """Unsubscribes the socket from this public room. Private rooms are left only by
        quitting."""
        room = self._rooms.get(name)
        if isinstance(room, PublicRoom):
            room.leave(session)
            if room.is_empty:
                self._note_empty(room)

    def leave_all(self, session: Session) -> None:
        """Unsubscribes the socket, which is gone, from all rooms."""
        for name in (SYSTEM, *session.rooms):
            self.leave(name, session)
        for name in session.floors:
            room = self._rooms.get(name)
            if room is not None:
                room.leave(session)
                if room.is_empty:
                    self._close(room)

    def forget_empty(self, since: float) -> None:
        """Unsubscribes up to FORGET_ROOMS public rooms that have had no subscriber since `since`
        (monotonic)."""
        old = takewhile(lambda room: self._empty[room] <= since, self._empty)
        for room in list(islice(old, FORGET_ROOMS)):
            del self._empty[room]
            if room.is_empty and room.name != SYSTEM:
                self._close(room)
                self._context.rosters.forget(room)
                self._link.unsubscribe(topics(room.name))
                self._marks.forget(m.events_topic(room.name))

    def _note_empty(self, room: PublicRoom) -> None:
        self._empty.pop(room, None)
        self._empty[room] = self._loop.time()

    def _close(self, room: Room) -> None:
        room.close()
        self._context.tail_budget.forget(room)
        del self._rooms[room.name]

    # --- what the broker says --------------------------------------------------------------------

    def on_events(self, news: m.Happened) -> None:
        """Takes events of a room that were published."""
        room = self._addressed(news, news.epoch)
        if room is not None:
            room.on_events(news.epoch, news.events)

    def on_typing(self, news: m.Typing, epoch: str) -> None:
        """Takes who is typing in a room."""
        room = self._addressed(news, epoch)
        if room is not None:
            room.on_typing(news)

    def on_presence(self, news: m.Presence) -> None:
        """Takes who came to a public room, or left it."""
        room = self._rooms.get(news.room)
        if isinstance(room, PublicRoom):
            room.on_presence(news)

    def on_head(self, name: str, epoch: str, head: int) -> None:
        """Takes the head of a room's log."""
        if is_private(name) and self._may_lack_members(name, head):
            self.look_up(name)
        room = self._rooms.get(name)
        if room is not None:
            room.on_head(epoch, head)

    def on_private_heads(
        self, epoch: str, heads: Mapping[str, int], members: Mapping[str, Sequence[str]]
    ) -> None:
        """Takes the heads of private rooms. `members` lists for each room the uids of its members,
        but only of the people that the question was about."""
        for name, uids in members.items():
            here = self._members_here(uids)
            lacks_members = self._may_lack_members(name, heads[name])
            if name in self._rooms or any(s.floor(name) < heads[name] for s in here):
                self.private(name, epoch, here).on_head(epoch, heads[name])
                if lacks_members:
                    self.look_up(name)  # members who were not asked about may be here

    def on_mark(self, mark: m.Marked) -> None:
        """Takes the mark that proves the topics of a public room live."""
        name = mark.topic.removeprefix("events/").removesuffix("\0")
        room = self._rooms.get(name)
        if room is not None:
            room.on_mark(mark.epoch, mark.head)

    def look_up(self, name: str) -> None:
        """Asks the broker who the members of a private room are, and subscribes their sockets."""

        def make(no: int) -> m.GetPage:
            return m.GetPage(no=no, room=name, after=None, limit=1)

        def on_page(page: m.Paged) -> None:
            here = self._members_here(page.to)
            if here:
                self.private(name, page.epoch, here).on_head(page.epoch, page.head)

        ask_until_answered(self._link, self._loop, make, m.Paged, on_page)

    def _may_lack_members(self, name: str, head: int) -> bool:
        """Whether members who are here may not be subscribed to this private room: the room is not
        known here, or lacks events, and the first of these may have been a member's first one."""
        room = self._rooms.get(name)
        return room is None or room.replica.head < head

    def _addressed(self, news: m.Happened | m.Typing, epoch: str) -> Room | None:
        """Returns the room that a broadcast is for, None if no socket here gets it."""
        if not is_private(news.room):
            return self._rooms.get(news.room)
        self.overtaking.note(news)
        self._sessions.set_first_floors(news.room, news.floors)
        here = self._members_here(news.to)
        return self.private(news.room, epoch, here) if here else None

    def _members_here(self, uids: Iterable[str]) -> list[Session]:
        """The sockets of these people that receive private rooms: plain ones do not."""
        return [s for s in self._sessions.of_people(uids) if not s.plain and not s.gone]
