"""A call: one command while it is handled, with the time, and the effects that come of it."""

from collections.abc import Sequence
from typing import Any

from broker.effects import Append, Effect, NeedRoom, Publish, Release, Send, Write
from broker.model.records import Gateway, Session
from broker.model.room import Room
from broker.model.state import State
from common.errors import Refused
from common.messages import AnyAnswer, AnyBroadcast, Done, Event, Happened, gateway_topic
from common.names import SYSTEM, is_private, room_key


class Update:
    """One change of the state, by a command or by a timer. It collects its effects, in order.

    `now` is listening time, for durations: monotonic seconds during which the broker listened.
    `wall` is Unix time, for what people see."""

    __slots__ = ("effects", "now", "state", "wall", "writes")

    def __init__(self, state: State, now: float, wall: float) -> None:
        self.state = state
        self.now = now
        self.wall = wall
        self.effects: list[Effect] = []
        self.writes = 0
        """The number of writes among the effects."""

    def write(self, write: Write) -> None:
        self.effects.append(write)
        self.writes += 1

    def release(self, release: Release) -> None:
        self.effects.append(release)

    def publish(self, topic: str, message: AnyBroadcast) -> None:
        self.effects.append(Publish(topic, message))

    def answer_to(self, peer: bytes, no: int, kind: type[AnyAnswer], **fields: Any) -> None:
        """Answers the command numbered `no` of the link `peer`. `fields` are those of the answer,
        except `term` and `no`."""
        self.effects.append(Send(peer, kind(term=self.state.term, no=no, **fields)))

    def append(self, room: Room, event: Event | None) -> None:
        """Writes a room's next event and publishes it: on the room's topic if it is public, else on
        those of the gateways at which a member is connected who has the room in their list.

        The event is None if the room is a crowd and the change makes no event. Its presence has
        changed all the same, so the room is touched."""
        state = self.state
        state.rooms.touch(room, self.now)
        if event is None:
            return
        self.write(Append(room.name, event))
        state.rooms.on_new_head(room, self.now)
        to: list[str] = []
        topics: Sequence[str] = (room.topic,)
        if room.private:
            to = room.listed
            topics = [gateway_topic(id) for id in state.directory.gateways_of(to)]
            for uid in to:
                member = state.directory.people.get(uid)
                if member is not None:
                    member.private_rooms[room.name] = room.head
        happened = Happened(
            term=state.term,
            epoch=state.epoch,
            room=room.name,
            events=[event],
            to=to,
            floors=dict(room.floors) if room.floors else {},
        )
        for topic in topics:
            self.publish(topic, happened)


class Call(Update):
    """The update that one command makes.

    The command itself is passed to its handler beside the call, so that its type is known there. A
    handler first checks whether the command can be executed, and raises Refused or Missing if not.
    Only then it changes the state (rules 5 and 7 of broker.core.core)."""

    __slots__ = ("no", "peer")

    def __init__(self, state: State, peer: bytes, no: int, now: float, wall: float) -> None:
        super().__init__(state, now, wall)
        self.peer = peer
        """The routing id of the link that the command came by."""
        self.no = no

    def answer(self, kind: type[AnyAnswer], **fields: Any) -> None:
        """Answers the command. `fields` are those of the answer, except `term` and `no`."""
        answer = kind(term=self.state.term, no=self.no, **fields)
        self.effects.append(Send(self.peer, answer))

    def done(self) -> None:
        """Answers that the command was executed."""
        self.answer(Done)

    def gateway(self) -> Gateway:
        """The gateway that sent the command, which renews its lease. Raises Refused if the link has
        not said hello."""
        return self.state.directory.gateways.renew(self.peer, self.now)

    def session(self, sid: str) -> Session:
        """The socket that the command is for. Raises Refused if it has joined no room."""
        session = self.gateway().sessions.get(sid)
        if session is None:
            raise Refused("not_joined", "join a room first")
        return session

    def resolve_room(self, session: Session, name: str) -> str:
        """The exact name of a room that the session may use: one that it has joined, or a private
        one of which its person is a member. Raises Refused, or Missing."""
        if name in session.rooms or name in session.person.private_rooms:
            return name
        if is_private(name):
            self.state.require([NeedRoom(name)])
            room = self.state.rooms.get(name)
            if room is not None and session.uid in room.members:
                return name
            raise Refused("no_such_room", "there is no such room")
        key = room_key(name)
        if key not in session.rooms:
            if key == SYSTEM:
                raise Refused("forbidden", "the room of announcements is for reading only")
            raise Refused("not_joined", f"join {key} first")
        return key
