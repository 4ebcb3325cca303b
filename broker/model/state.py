"""The house: all that one broker knows, by part, and how its parts are asked for. Pure.

What the directory tells a room, and a room the directory, goes through here as values: rooms can
one day be in another broker.
"""

from collections.abc import Sequence

from msgspec import Struct

from broker.effects import (
    Append,
    Effect,
    Fact,
    IdentityFact,
    Missing,
    Need,
    NeedIdentity,
    NeedRoom,
    Publish,
    RoomFact,
    Send,
    Snapshot,
)
from broker.model.directory import Directory
from broker.model.facts import Facts
from broker.model.records import Gateway, Person, Session
from broker.model.room import Room
from broker.model.rooms import RoomTable
from broker.model.uncommitted import Uncommitted
from broker.model.write_ledger import WriteLedger
from common.errors import Refused
from common.messages import Done, Event, Happened, SessionCommand, gateway_topic
from common.names import SYSTEM, is_private, room_key
from common.settings import Settings


class Moment(Struct, frozen=True, gc=False):
    """When something is done: in listening time, for durations, and by the clock on the wall."""

    now: float
    wall: float


class Requester(Struct, frozen=True, gc=False):
    """Who asks: a socket of a gateway, and the person who it is."""

    session: Session
    person: Person


class State:
    """The parts, and what they all need to know."""

    def __init__(self, settings: Settings, opened: Snapshot) -> None:
        self.settings = settings
        self.epoch = opened.epoch
        self.term = opened.term
        self.directory = Directory(settings, opened.secret)
        self.rooms = RoomTable(settings, opened.term)
        self.facts = Facts()
        self.uncommitted = Uncommitted()
        self.ledger = WriteLedger()
        self.presence_paused = False
        """Presence waits for gateways that were known before."""

    # --- facts -----------------------------------------------------------------------------------

    def lacking(self, *needs: Need) -> list[Need]:
        """Those of these needs that the store has to answer first."""
        return [need for need in needs if not self._is_known(need)]

    def require(self, *needs: Need) -> None:
        """Raises Missing unless all of these are known."""
        lacking = self.lacking(*needs)
        if lacking:
            raise Missing(*lacking)
        self.facts.note(needs)

    def learn(self, need: Need, fact: Fact, now: float) -> None:
        match fact:
            case RoomFact():
                self.rooms.load(fact, now)
            case IdentityFact(rooms=rooms):
                if self.directory.people.get(fact.uid) is not None:
                    return
                person = self.directory.load(fact, now)
                for name in rooms:  # what was said since may not be on disk yet
                    room = self.rooms.get(name)
                    if room is not None:
                        person.rooms[name] = room.head
            case _:
                self.facts.put(need, fact)

    def _is_known(self, need: Need) -> bool:
        if need in self.facts:
            return True
        if isinstance(need, NeedRoom):
            return self.rooms.get(need.room) is not None
        return isinstance(need, NeedIdentity) and self.directory.people.get(need.uid) is not None

    # --- who asks, and of what -------------------------------------------------------------------

    def gateway(self, peer: bytes, at: Moment) -> Gateway:
        """The gateway at this link; to hear of it renews its lease."""
        return self.directory.gateways.of(peer, at.now)

    def requester(self, peer: bytes, command: SessionCommand, at: Moment) -> Requester:
        session = self.gateway(peer, at).sessions.get(command.sid)
        if session is None:
            raise Refused("not_joined", "join a room first")
        return Requester(session, session.person)

    def resolve_room(self, requester: Requester, name: str) -> str:
        """The name of a room that the asker is in: joined, or a private one as a member."""
        if name in requester.session.rooms or name in requester.person.rooms:
            return name
        if is_private(name):
            self.require(NeedRoom(name))
            room = self.rooms.get(name)
            if room is not None and requester.person.uid in room.members:
                return name
            raise Refused("no_such_room", "there is no such room")
        key = room_key(name)
        if key not in requester.session.rooms:
            if key == SYSTEM:
                raise Refused("forbidden", "the room of announcements is for reading only")
            raise Refused("not_joined", f"join {key} first")
        return key

    def room(self, name: str) -> Room:
        """A room that is known to exist. Raises Missing if it is at rest."""
        room = self.rooms.get(name)
        if room is None:
            self.require(NeedRoom(name))
            raise Refused("no_such_room", "there is no such room")
        return room

    # --- effects ---------------------------------------------------------------------------------

    def done(self, peer: bytes, no: int, out: list[Effect]) -> None:
        out.append(Send(peer, Done(term=self.term, no=no)))

    def log(self, room: Room, event: Event | None, at: Moment, out: list[Effect]) -> None:
        """Writes the event, if there is one, and tells it to those who may know."""
        self.rooms.touch(room, at.now)
        if event is None:
            return
        out.append(Append(room.name, event))
        self.rooms.changed(room, at.now)
        to: list[str] = []
        if room.private:
            to = room.listed
            for uid in to:
                member = self.directory.people.get(uid)
                if member is not None:
                    member.rooms[room.name] = room.head
        happened = Happened(
            term=self.term,
            epoch=self.epoch,
            room=room.name,
            events=[event],
            to=to,
            floors=dict(room.floors) if room.floors else {},
        )
        for topic in self.topics(room):
            out.append(Publish(topic, happened))

    def topics(self, room: Room) -> Sequence[str]:
        """Where a room's events go: a private one's only to gateways that have a member."""
        if not room.private:
            return (room.topic,)
        return [gateway_topic(id) for id in self.directory.gateways_of(room.listed)]
