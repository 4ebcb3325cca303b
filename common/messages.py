"""The messages: what gateways and scripts ask of a broker, what it answers and what it publishes.

Commands go DEALER → ROUTER and carry `no`, chosen by the sender, which the answer repeats. They are
told apart by `do`, answers by `re`, broadcasts by `is`. Times are Unix seconds by the broker's wall
clock, durations seconds. docs/wire.md shows each on the wire.

`gc=False`: values that hold only values are in no cycle, so the garbage collector need not look.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from common.errors import Code
from common.names import TYPED_CHARS

WIRE = 1
"""Version of everything in this file; a broker refuses a hello of another one."""

EventKind = Literal["join", "leave", "message", "rename", "announce", "edit", "delete"]
RoomKind = Literal["public", "private", "direct"]
Seq = Annotated[int, Meta(ge=0, lt=1 << 53)]
Short = Annotated[str, Meta(max_length=64)]
"""An id or a key: its exact form is checked where it is used."""
Name = Annotated[str, Meta(max_length=TYPED_CHARS)]
"""The name of a person or a room, or a part of one, as somebody may have typed it: its exact form
is checked where it is used. No string here is without a bound: what is long costs much to compare,
and to normalise it costs the square of its length."""
Text = Annotated[str, Meta(max_length=1 << 20)]
"""What was said; HUBBUB_TEXT_CHARS is the narrower bound of a message."""
Address = Annotated[str, Meta(max_length=1000)]
"""A ZeroMQ endpoint or topic."""
Sentence = Annotated[str, Meta(max_length=1000)]
"""For people: why something was refused."""
Limit = Annotated[int, Meta(ge=1, le=1000)]


class Event(Struct, frozen=True, gc=False, omit_defaults=True):
    """One entry of a room's log, at its Seq."""

    seq: Seq
    kind: EventKind
    user: Name
    """The person's name when it happened; of a rename the new one."""
    timestamp: float
    text: Text = ""
    """What was said; of a rename the old name; of an edit the new text."""
    uid: Short = ""
    """Empty for what no person did."""
    id: Short = ""
    """The sender's id of a message."""
    ref: Seq = 0
    """The Seq that an edit or delete is about; 0 for others."""
    rev: Seq = 0
    """The Seq of the last edit or delete of this message; 0 if there was none."""


class Since(Struct, frozen=True, gc=False):
    """Where somebody stopped reading a room."""

    epoch: Short
    seq: Seq


class SessionInfo(Struct, frozen=True, gc=False):
    """One socket of a gateway as it registers it: who it is and which rooms it is in."""

    sid: Short
    uid: Short
    plain: bool
    rooms: list[Name]


# --- commands ------------------------------------------------------------------------------------


class Command(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="do"):
    """Something asked of the broker. `no` is the sender's number, answered as `no`."""

    no: Annotated[int, Meta(ge=0, lt=1 << 53)]


class Hello(Command, frozen=True, tag="hello"):
    """First on every link. `gateway` is this gateway's id for its whole run, empty for a script.
    `proof` is a random secret of that run: only who sends it again takes over from another link."""

    wire: int
    gateway: Short = ""
    proof: Short = ""


class Register(Command, frozen=True, tag="register"):
    """The people of this gateway, in batches after Hello; with `last`, whoever was not named is
    no longer here."""

    sittings: Annotated[list[SessionInfo], Meta(max_length=1000)]
    last: bool


class Beat(Command, frozen=True, tag="beat"):
    """I live. Any frame renews the lease; this one is sent when there is no other."""


class Bye(Command, frozen=True, tag="bye"):
    """This gateway stops on purpose: its people get `move_grace` to be back elsewhere."""


class TakeUp(Command, frozen=True, tag="take_up"):
    """Asks for `Marked` with this nonce on each topic, to prove that the subscriptions are live."""

    topics: Annotated[list[Address], Meta(max_length=1000)]
    nonce: Short


class GetPage(Command, frozen=True, tag="page"):
    """Events of any room, for the gateway itself; bounds exclusive, `before` 0 means none.

    With `after` from it upwards, without it the newest below `before`. Short of `limit` if the page
    would pass 1 MiB; `more` then says so.
    """

    room: Name
    after: Seq | None = None
    before: Seq = 0
    limit: Limit = 200


class GetHeads(Command, frozen=True, tag="heads"):
    """The heads of up to 1,000 rooms of the gateway's own choice, and of all private rooms of
    these of its people in which something was said; and who of these is banned."""

    rooms: Annotated[list[Name], Meta(max_length=1000)]
    people: Annotated[list[Short], Meta(max_length=100)] = []


class SessionCommand(Command, frozen=True):
    """A command on behalf of one socket."""

    sid: Short


class Join(SessionCommand, frozen=True, tag="join"):
    """`key` is the SHA-256 of the token, in hex: the token itself never leaves the gateway."""

    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    room: Name
    user: Name | None = None
    since: Since | None = None
    plain: bool = False


class Leave(SessionCommand, frozen=True, tag="leave"):
    """The socket leaves a room."""

    room: Name


class Gone(SessionCommand, frozen=True, tag="gone"):
    """The socket is gone: for good (`left`), or its connection was lost and may come back."""

    left: bool


class Say(SessionCommand, frozen=True, tag="say"):
    """Says a message. `id` is always given: the gateway makes one where the browser had none."""

    room: Name
    text: Text
    id: Annotated[str, Meta(min_length=1, max_length=64)]


class Type(SessionCommand, frozen=True, tag="type"):
    """Began or stopped typing."""

    room: Name
    typing: bool


class Direct(SessionCommand, frozen=True, tag="direct"):
    """Opens the 1-to-1 conversation with somebody, by name or by uid (one of them)."""

    user: Name | None = None
    uid: Short | None = None


class Quit(SessionCommand, frozen=True, tag="quit"):
    """Takes a conversation out of the person's list until somebody says something there."""

    room: Name


class GetHistory(SessionCommand, frozen=True, tag="history"):
    """A page for a browser: as `GetPage`, for those who may read the room."""

    room: Name
    after: Seq | None = None
    before: Seq = 0
    limit: Limit = 50


class GetParticipants(SessionCommand, frozen=True, tag="participants"):
    """Names after `after` that begin with `prefix`, without regard to case."""

    room: Name
    after: Name = ""
    prefix: Name = ""
    limit: Limit = 100


class GetRooms(SessionCommand, frozen=True, tag="rooms"):
    """The person's private rooms, then the public ones with somebody in them, by count."""

    after: Name = ""
    limit: Limit = 100


class GetNames(Command, frozen=True, tag="names"):
    """The first names of a room, for the gateway's plain sockets."""

    room: Name
    limit: Limit = 100


class Announce(Command, frozen=True, tag="announce"):
    """A system announcement, to all or to one room."""

    text: Text
    room: Name = ""
    id: Short = ""
    """For a retry: the same id is announced once."""


class Blank(Command, frozen=True, tag="blank"):
    """Blanks a message everywhere (scripts.delete)."""

    room: Name
    seq: Seq


class Ban(Command, frozen=True, tag="ban"):
    """Keeps somebody out, by name or by uid (one of them), now and later; `lift` lets them in
    again."""

    user: Name | None = None
    uid: Short | None = None
    lift: bool = False


AnyCommand = (
    Hello | Register | Beat | Bye | TakeUp | GetPage | GetHeads | Join | Leave | Gone | Say | Type
    | Direct | Quit | GetHistory | GetParticipants | GetRooms | GetNames | Announce | Blank | Ban
)  # fmt: skip

# --- answers -------------------------------------------------------------------------------------


class Answer(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="re"):
    """What the broker answers to the command numbered `no`."""

    term: int
    no: int


class Failed(Answer, frozen=True, tag="failed"):
    """Nothing was done (`unavailable`: unknown, ask again)."""

    code: Code
    message: Sentence
    retry_after_s: float = 0.0


class Done(Answer, frozen=True, tag="done"):
    """Done; there is nothing to tell."""


class Welcome(Answer, frozen=True, tag="welcome"):
    """To Hello. `events` is where broadcasts are: an endpoint, or a port on the host asked."""

    epoch: Short
    events: Address
    lease_s: float


class Joined(Answer, frozen=True, tag="joined"):
    """To Join. `head` is the room's last Seq (your own join if it made one)."""

    user: Name
    uid: Short
    room: Name
    epoch: Short
    head: Seq
    recovered: bool
    """True: send exactly the events after `since`, or none if the socket was in the room already.
    False: send the newest page."""
    count: int
    version: int
    private: dict[Name, Seq] = {}
    """Heads of the person's private rooms, when this is the socket's first join."""
    again: bool = False
    """The socket was in this room already: nothing is to be replayed."""


class Said(Answer, frozen=True, tag="said"):
    """To Say: on disk, at this Seq. Also to Announce and Blank, `room` telling where."""

    room: Name
    id: Short
    seq: Seq
    timestamp: float


class Opened(Answer, frozen=True, tag="opened"):
    """To Direct: the conversation with this person."""

    room: Name
    user: Name
    uid: Short
    head: Seq


class Paged(Answer, frozen=True, tag="paged"):
    """To Page and History, in Seq order. `more`: the page's limit hid events in the direction of
    reading (older ones, or with `after` newer ones)."""

    room: Name
    epoch: Short
    head: Seq
    """The room's last Seq on disk when the page was read."""
    events: list[Event]
    more: bool
    to: list[Short] = []
    """The members of a private room, whose sockets alone may be told."""


class Listed(Answer, frozen=True, tag="listed"):
    """To Participants and Names."""

    count: int
    version: int
    """0: of none, to Names."""
    users: list[Name]
    more: bool
    crowd: bool = False


class RoomRow(Struct, frozen=True, gc=False, omit_defaults=True):
    """A room in the list of rooms; `user` is the other person of a direct conversation."""

    room: Name
    kind: RoomKind
    count: int
    seq: Seq
    read: Seq = 0
    unread: int = 0
    title: Name = ""
    user: Name = ""


class RoomsListed(Answer, frozen=True, tag="rooms_listed"):
    """To Rooms."""

    rooms: list[RoomRow]
    more: bool


class HeadsTold(Answer, frozen=True, tag="heads_told"):
    """To Heads; a room that does not exist has 0."""

    heads: dict[Name, Seq]
    members: dict[Name, list[Short]] = {}
    """Of private rooms: which of the people asked about belong to it."""
    banned: list[Short] = []
    """Those of the people asked about who are: close their sockets."""


AnyAnswer = (
    Failed | Done | Welcome | Joined | Said | Opened | Paged | Listed | RoomsListed | HeadsTold
)

# --- broadcasts ----------------------------------------------------------------------------------


class Broadcast(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="is"):
    """What the broker publishes on a topic; a gateway refuses an older term."""

    term: int


class Happened(Broadcast, frozen=True, tag="happened"):
    """Consecutive events of a room. `to` lists the uids that may see a private room's."""

    epoch: Short
    room: Name
    events: Annotated[list[Event], Meta(min_length=1)]
    to: list[Short] = []
    floors: dict[Short, Seq] = {}
    """Those of `to` in whose list the conversation came lately: what is at or below this Seq is
    older, and is not told to sockets of theirs that have not heard of it."""


class Marked(Broadcast, frozen=True, tag="marked"):
    """This topic is live for whoever sees it. `head` is the room's last Seq published before it."""

    topic: Address
    nonce: Short
    epoch: Short
    head: Seq = 0


class Beacon(Broadcast, frozen=True, tag="beacon"):
    """On a gateway's own topic each second: the heads of its rooms that changed since the third
    last one, and the sids that were kicked since. `beat` counts by one: a missed one shows."""

    beat: int
    epoch: Short
    heads: dict[Name, Seq]
    kicked: list[Short] = []


class Presence(Broadcast, frozen=True, tag="presence"):
    """Who came and went since version `since`; empty lists in a crowd."""

    room: Name
    since: int
    version: int
    count: int
    joined: list[Name] = []
    left: list[Name] = []


class Typing(Broadcast, frozen=True, tag="typing"):
    """Who is typing in a room now: name by uid. `to` and `floors` as in Happened, also of members
    in whose list the conversation is not."""

    room: Name
    users: dict[Short, Name]
    to: list[Short] = []
    floors: dict[Short, Seq] = {}


class Kicked(Broadcast, frozen=True, tag="kicked"):
    """On a gateway's own topic: close these sockets for good, saying why."""

    sids: list[Short]
    code: Code
    message: Sentence


AnyBroadcast = Happened | Marked | Beacon | Presence | Typing | Kicked

# --- topics --------------------------------------------------------------------------------------
# SUB matches by prefix: each topic ends in NUL, which no name contains, so that none is a prefix of
# another. A gateway subscribes presence and typing before the room's events, on one connection: the
# mark that proves the last proves all three.


def events_topic(room: str) -> str:
    return f"events/{room}\0"


def presence_topic(room: str) -> str:
    return f"presence/{room}\0"


def typing_topic(room: str) -> str:
    return f"typing/{room}\0"


def gateway_topic(gateway: str) -> str:
    """Beacons, kicks, and the events and typing of private rooms whose members are there."""
    return f"gateway/{gateway}\0"
