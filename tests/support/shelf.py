"""The shelf: a store in memory that behaves as a real one, for tests of the pure core."""

from collections.abc import Sequence

from msgspec.structs import replace

from broker.effects import (
    CHANGED_LATELY_S,
    Append,
    BlankText,
    DropSession,
    Fact,
    IdentityFact,
    Need,
    NeedEvent,
    NeedIdentity,
    NeedNamed,
    NeedRoom,
    NeedSaid,
    PutIdentity,
    PutMember,
    PutRoom,
    PutSession,
    RoomFact,
    SaidFact,
    Snapshot,
    Unlist,
    Write,
)
from common.messages import Event
from common.names import user_key


class Shelf:
    """What was committed. A write that a database with constraints would refuse fails an
    assertion."""

    def __init__(self) -> None:
        self.term = 0
        self.kinds: dict[str, PutRoom] = {}
        self.logs: dict[str, list[Event]] = {}
        self.people: dict[str, PutIdentity] = {}
        self.sessions: dict[tuple[str, str], PutSession] = {}
        self.said: dict[tuple[str, str, str], SaidFact] = {}
        self.lists: dict[tuple[str, str], bool | None] = {}
        """By member and private room: whether the room is their own; None if it is not in their
        list."""

    def open(self, seen_after: float) -> Snapshot:
        self.term += 1
        here = {row.uid for row in self.sessions.values()}
        people = [uid for uid, row in self.people.items() if uid in here or row.seen > seen_after]
        rooms = {room for row in self.sessions.values() for room in row.rooms} | {"system"}
        return Snapshot(
            epoch="epoch",
            term=self.term,
            secret=b"s" * 32,
            sessions=list(self.sessions.values()),
            identities=[fact for uid in people if (fact := self._identity(uid))],
            rooms=[of_room for room in sorted(rooms) if (of_room := self._room(room))],
            changed_lately=self._changed_lately(),
        )

    def commit(self, writes: Sequence[Write]) -> None:
        for write in writes:
            match write:
                case PutRoom(room):
                    assert room not in self.kinds, f"{room} is made twice"
                    self.kinds[room] = write
                    self.lists.update(((uid, room), True) for uid in write.members)
                    self.lists.update(((uid, room), None) for uid in write.unlisted)
                    self.logs[room] = []
                case Append(room, event):
                    assert event.seq == len(self.logs[room]) + 1, f"{room}: {event} is out of order"
                    self.logs[room].append(event)
                    if event.id:
                        key = (room, event.uid, event.id)
                        assert key not in self.said, f"{key} is stored twice"
                        self.said[key] = SaidFact(event.seq, event.timestamp)
                case PutMember(uid, room, own):
                    self.lists.pop((uid, room))
                    self.lists[uid, room] = own
                case Unlist(uid, room):
                    assert self.lists[uid, room] is not None
                    self.lists[uid, room] = None
                case PutIdentity(uid, plain=plain, banned=banned, seen=seen):
                    self.people[uid] = write
                    if plain and seen and not banned:
                        del self.people[uid]
                case PutSession(gateway, sid, uid):
                    assert uid in self.people
                    self.sessions[gateway, sid] = write
                case DropSession(gateway, sid):
                    del self.sessions[gateway, sid]
                case BlankText(room, seq, rev):
                    old = self.logs[room][seq - 1]
                    self.logs[room][seq - 1] = replace(old, text="", rev=rev)

    def _changed_lately(self) -> list[str]:
        last = max((log[-1].timestamp for log in self.logs.values() if log), default=0.0)
        return [
            room
            for room, log in self.logs.items()
            if any(
                event.kind in ("join", "leave", "rename")
                and event.timestamp >= last - CHANGED_LATELY_S
                for event in log
            )
        ]

    def learn(self, needs: Sequence[Need]) -> list[Fact]:
        return [self._fact(need) for need in needs]

    def _fact(self, need: Need) -> Fact:
        match need:
            case NeedRoom(room):
                return self._room(room)
            case NeedIdentity(uid):
                return self._identity(uid)
            case NeedNamed(key):
                uids = [uid for uid, row in self.people.items() if user_key(row.name) == key]
                return tuple(uids[:10])
            case NeedSaid(room, uid, id):
                return self.said.get((room, uid, id))
            case NeedEvent(room, seq):
                log = self.logs.get(room, [])
                return log[seq - 1] if 0 < seq <= len(log) else None

    def _room(self, room: str) -> RoomFact | None:
        row = self.kinds.get(room)
        if row is None:
            return None
        unlisted = [uid for uid in row.members if self.lists[uid, room] is None]
        return RoomFact(
            room, row.kind, len(self.logs[room]), row.members, row.title, tuple(unlisted)
        )

    def _identity(self, uid: str) -> IdentityFact | None:
        row = self.people.get(uid)
        if row is None:
            return None
        mine = {room: own for (one, room), own in self.lists.items() if one == uid}
        rooms = {room: len(self.logs[room]) for room, own in mine.items() if own is not None}
        owned = frozenset(room for room, own in mine.items() if own)
        return IdentityFact(uid, row.name, row.plain, row.banned, row.seen, rooms, owned)
