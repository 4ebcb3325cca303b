"""Effects: what the core wants done. Writes go to the store, in order; answers and broadcasts are
released, in order, once everything written before them is on disk."""

from msgspec import Struct

from common.messages import AnyAnswer, AnyBroadcast, Event, RoomKind


class Value(Struct, frozen=True, gc=False):
    """Holds values only, so it is in no cycle: the garbage collector need not look at it."""


# --- writes --------------------------------------------------------------------------------------


class Stored(Value, frozen=True):
    """A write: it goes to the store."""


class Append(Stored, frozen=True):
    """A room's next event. A message's (room, uid, id) is remembered for the retry window."""

    room: str
    event: Event


class PutRoom(Stored, frozen=True):
    """A room is made. `members` are the uids of a private one; the `unlisted` ones among them find
    it in their list of rooms only later (PutMember)."""

    room: str
    kind: RoomKind
    members: tuple[str, ...] = ()
    title: str = ""
    unlisted: tuple[str, ...] = ()


class PutMember(Stored, frozen=True):
    """The private room is in this member's list of rooms. `own`: they opened it or have spoken in
    it. `since` is the wall time at which it came into the list."""

    uid: str
    room: str
    own: bool
    since: float


class Unlist(Stored, frozen=True):
    """The private room is in this member's list of rooms no more; they stay a member."""

    uid: str
    room: str


class PutIdentity(Stored, frozen=True):
    """A person is made or changed. `seen` is the wall time of the last leaving, 0 while here."""

    uid: str
    name: str
    plain: bool = False
    banned: bool = False
    seen: float = 0.0


class PutSession(Stored, frozen=True):
    """A gateway's socket is this person and in these rooms, each with the head at its join."""

    gateway: str
    sid: str
    uid: str
    plain: bool
    rooms: dict[str, int]


class DropSession(Stored, frozen=True):
    """A gateway's socket is gone."""

    gateway: str
    sid: str


class BlankText(Stored, frozen=True):
    """The stored message at `seq` loses its text; `rev` is the deleting event's Seq."""

    room: str
    seq: int
    rev: int


Write = Append | PutRoom | PutMember | Unlist | PutIdentity | PutSession | DropSession | BlankText

# --- releases ------------------------------------------------------------------------------------


class Send(Value, frozen=True):
    """An answer to a peer; `peer` is the link's routing id."""

    peer: bytes
    answer: AnyAnswer


class Publish(Value, frozen=True):
    """A broadcast on a topic (see common.messages)."""

    topic: str
    message: AnyBroadcast


class SendPage(Value, frozen=True):
    """Read a page and answer `Paged`; bounds exclusive, `before` 0 means none, `after` None means
    the newest below `before`."""

    peer: bytes
    no: int
    room: str
    after: int | None
    before: int
    limit: int
    to: tuple[str, ...] = ()
    """The members of a private room, when a gateway asked (see `Paged.to`)."""


class SendRooms(Value, frozen=True):
    """Complete the rows of a rooms listing with heads and unread counts from the store, answer
    `RoomsListed`. `private` are the person's own rooms of this page, `rows` the public ones."""

    peer: bytes
    no: int
    uid: str
    rooms: tuple["Listing", ...]
    more: bool


class Listing(Value, frozen=True):
    """One room of a listing, before the store has told its unread count."""

    room: str
    kind: RoomKind
    count: int
    head: int
    title: str = ""
    user: str = ""


Release = Send | Publish | SendPage | SendRooms
Effect = Write | Release

# --- what the core has to be told before it can go on ---------------------------------------------


class NeedRoom(Value, frozen=True):
    """A room's row, or that there is none."""

    room: str


class NeedIdentity(Value, frozen=True):
    """A person's row with their private rooms, or that there is none."""

    uid: str


class NeedNamed(Value, frozen=True):
    """The uids of all who carry a name (compared by `common.names.user_key`), newest first, ten at
    the most."""

    key: str


class NeedSaid(Value, frozen=True):
    """The Seq and timestamp of the message (room, uid, id), or that there is none in the window."""

    room: str
    uid: str
    id: str


class NeedEvent(Value, frozen=True):
    """One event, or that there is none."""

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
    """Members in whose list of rooms it is not."""


class IdentityFact(Value, frozen=True):
    """A person as the store has them; `rooms` are the private rooms in their list, each with its
    head, those first that came into it first; `own` those that they opened or have spoken in."""

    uid: str
    name: str
    plain: bool
    banned: bool
    seen: float
    rooms: dict[str, int]
    own: frozenset[str] = frozenset()


class SaidFact(Value, frozen=True):
    """A message that was said before."""

    seq: int
    timestamp: float


Fact = RoomFact | IdentityFact | tuple[str, ...] | SaidFact | Event | None
"""The answer to a need, in the order of `Need`; None says that there is none."""


class Missing(Exception):
    """Raised by the core before it changes anything: tell me these and ask me again."""

    def __init__(self, *needs: Need) -> None:
        super().__init__(needs)
        self.needs = needs


CHANGED_LATELY_S = 20.0
"""Longer than presence waits for gateways after a restart."""


class Snapshot(Struct, frozen=True):
    """What the store tells a broker that starts: the people and rooms in use, none at rest."""

    epoch: str
    term: int
    """Greater than every term before."""
    secret: bytes
    """32 bytes, made with the store: keys the uids and the names of private rooms."""
    sessions: list[PutSession]
    identities: list[IdentityFact]
    """Those with a session, and those whose `seen` is after the given time."""
    rooms: list[RoomFact]
    """Those that a session is in, and `system` if it exists."""
    changed_lately: list[str] = []
    """Rooms in which somebody came, went or was renamed in the last STIRRED_S before the last event
    of all: what presence was to tell of it may have been lost."""
