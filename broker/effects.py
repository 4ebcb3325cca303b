"""Effects: what the core wants done, and the facts that it needs for it.

An effect is a write or a release. Writes go to the store, in their order. Releases are answers and
broadcasts: each goes out only when all writes before it are on disk. Answers keep their order, but
for those that are read from the store (SendPage, SendRooms): they may come later. The broadcasts of
each topic keep their order. An answer may overtake a broadcast.
"""

from msgspec import Struct

from common.messages import AnyAnswer, AnyBroadcast, Event, RoomKind


class Value(Struct, frozen=True, gc=False):
    """A struct that holds only values. It can be in no cycle, so the garbage collector does not
    track it (`gc=False`)."""


# --- writes --------------------------------------------------------------------------------------


class Stored(Value, frozen=True):
    """The base of all writes."""


class Append(Stored, frozen=True):
    """The next event of a room's log. An event with an id is found again by (room, uid, id) for the
    retry window."""

    room: str
    event: Event


class PutRoom(Stored, frozen=True):
    """A new room. `members` are the uids of a private room's members. It is in the list of rooms of
    all of them but the `unlisted` ones, until a PutMember puts it there."""

    room: str
    kind: RoomKind
    members: tuple[str, ...] = ()
    title: str = ""
    unlisted: tuple[str, ...] = ()


class PutMember(Stored, frozen=True):
    """Puts a private room into a member's list of rooms. `own` is true if the member opened the
    room or has spoken in it. `since` is when it got into the list, in Unix seconds."""

    uid: str
    room: str
    own: bool
    since: float


class Unlist(Stored, frozen=True):
    """Takes a private room out of a member's list of rooms. The person stays a member."""

    uid: str
    room: str


class PutIdentity(Stored, frozen=True):
    """A new or a changed person. `seen` is when their last session ended, in Unix seconds; 0 while
    they have a session."""

    uid: str
    name: str
    plain: bool = False
    banned: bool = False
    seen: float = 0.0


class PutSession(Stored, frozen=True):
    """A new or a changed session: whose it is, and the rooms that it is in, each with the head at
    the time of the join."""

    gateway: str
    sid: str
    uid: str
    plain: bool
    rooms: dict[str, int]


class DropSession(Stored, frozen=True):
    """A session has ended."""

    gateway: str
    sid: str


class BlankText(Stored, frozen=True):
    """Blanks the text of the stored message at `seq`. `rev` is the Seq of the event that deletes
    it."""

    room: str
    seq: int
    rev: int


Write = Append | PutRoom | PutMember | Unlist | PutIdentity | PutSession | DropSession | BlankText

# --- releases ------------------------------------------------------------------------------------


class Send(Value, frozen=True):
    """An answer, to the link with the routing id `peer`."""

    peer: bytes
    answer: AnyAnswer


class Publish(Value, frozen=True):
    """A broadcast on a topic (see the topics in common.messages)."""

    topic: str
    message: AnyBroadcast


class SendPage(Value, frozen=True):
    """Reads a page of a room's log and answers it as `Paged`: upwards from `after`, or if that is
    None, the newest events below `before`. Both bounds are exclusive; `before` 0 means no bound."""

    peer: bytes
    no: int
    room: str
    after: int | None
    before: int
    limit: int
    to: tuple[str, ...] = ()
    """The members who may get the page of a private room, for a gateway (see `Paged.to`)."""


class SendRooms(Value, frozen=True):
    """Adds the unread counts of the person `uid` from the store to these listings, and answers them
    as `RoomsListed`."""

    peer: bytes
    no: int
    uid: str
    rooms: tuple["Listing", ...]
    more: bool


class Listing(Value, frozen=True):
    """One room in a list of rooms, without its unread count."""

    room: str
    kind: RoomKind
    count: int
    head: int
    title: str = ""
    user: str = ""


Release = Send | Publish | SendPage | SendRooms
Effect = Write | Release

# --- needs and facts ------------------------------------------------------------------------------


class NeedRoom(Value, frozen=True):
    """A room, or that there is no such room."""

    room: str


class NeedIdentity(Value, frozen=True):
    """A person with their private rooms, or that there is no such person."""

    uid: str


class NeedNamed(Value, frozen=True):
    """The uids of the people whose name has this key (`common.names.user_key`): at most ten, the
    newest first."""

    key: str


class NeedSaid(Value, frozen=True):
    """The Seq and the timestamp of the message (room, uid, id), or that the retry window has no
    such message."""

    room: str
    uid: str
    id: str


class NeedEvent(Value, frozen=True):
    """One event, or that there is no such event."""

    room: str
    seq: int


Need = NeedRoom | NeedIdentity | NeedNamed | NeedSaid | NeedEvent


class RoomFact(Value, frozen=True):
    """A room as the store has it."""

    room: str
    kind: RoomKind
    head: int
    members: tuple[str, ...] = ()
    title: str = ""
    unlisted: tuple[str, ...] = ()
    """The members who do not have the room in their list of rooms."""


class IdentityFact(Value, frozen=True):
    """A person as the store has them. `rooms` are the private rooms in their list, each with its
    head, in the order in which they got into the list. `own` are those among them that the person
    opened or has spoken in."""

    uid: str
    name: str
    plain: bool
    banned: bool
    seen: float
    rooms: dict[str, int]
    own: frozenset[str] = frozenset()


class SaidFact(Value, frozen=True):
    """Where a message is that was sent before, or the event that deleted one: its Seq, and when it
    happened in Unix seconds."""

    seq: int
    timestamp: float


Fact = RoomFact | IdentityFact | tuple[str, ...] | SaidFact | Event | None
"""The answers to the needs, in the order of `Need`. None says that the store has no such thing."""


class Missing(Exception):
    """The core lacks these facts to execute a command, and has changed nothing: learn them, then
    handle the command again."""

    def __init__(self, *needs: Need) -> None:
        super().__init__(needs)
        self.needs = needs


CHANGED_LATELY_S = 20.0
"""Seconds before the last event. It is longer than presence is paused after a restart, so that two
restarts in a row lose nothing either."""


class Snapshot(Struct, frozen=True):
    """What a broker starts with: the people and the rooms that were in use, as the store has
    them."""

    epoch: str
    term: int
    """The number of this run, greater than that of every run before."""
    secret: bytes
    """32 random bytes, made with the store: the key of the digests that uids and the names of
    private rooms are."""
    sessions: list[PutSession]
    identities: list[IdentityFact]
    """The people with a session, and those whose `seen` is after the time that was asked for."""
    rooms: list[RoomFact]
    """The rooms that a session is in, and `system` if it exists."""
    changed_lately: list[str] = []
    """The rooms with a join, leave or rename in the CHANGED_LATELY_S before the last event of all
    rooms: what presence was about to publish of it may have been lost."""
