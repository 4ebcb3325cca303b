"""The messages of the wire: commands of gateways and scripts, and the broker's answers and
broadcasts.

Commands go DEALER → ROUTER and carry a `no` of the sender's choice, which the answer repeats.
The key `do` names the kind of a command, `re` that of an answer, `is` that of a broadcast. Times
are Unix seconds by the broker's clock, durations seconds. docs/wire.md has an example of each
message.

Strings are bounded, because it costs much to compare long ones, and time in the square of the
length to normalise them. All structs have `gc=False`: a struct that holds only values can be in no
cycle, so the garbage collector does not track it.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from common.errors import Code
from common.names import TYPED_CHARS

WIRE = 1
"""The version of everything in this file. A broker refuses a hello with another version."""

EventKind = Literal["join", "leave", "message", "rename", "announce", "edit", "delete"]
RoomKind = Literal["public", "private", "direct"]
Seq = Annotated[int, Meta(ge=0, lt=1 << 53)]
Short = Annotated[str, Meta(max_length=64)]
"""An id or a key. Its exact form is checked where it is used."""
Name = Annotated[str, Meta(max_length=TYPED_CHARS)]
"""The name of a person or a room, or a part of a name, as somebody typed it. Its exact form is
checked where it is used."""
Text = Annotated[str, Meta(max_length=1 << 20)]
"""The text of an event. For messages HUBBUB_TEXT_CHARS is a narrower bound."""
Address = Annotated[str, Meta(max_length=1000)]
"""A ZeroMQ endpoint or topic."""
Sentence = Annotated[str, Meta(max_length=1000)]
"""Why something was refused, for people to read."""
Limit = Annotated[int, Meta(ge=1, le=1000)]


class Event(Struct, frozen=True, gc=False, omit_defaults=True):
    """One entry of a room's log, at its Seq."""

    seq: Seq
    kind: EventKind
    user: Name
    """The person's name at the time of the event; of a rename the new name."""
    timestamp: float
    text: Text = ""
    """The text of a message; of a rename the old name; of an edit the new text."""
    uid: Short = ""
    """The person; empty if the event is not of a person."""
    id: Short = ""
    """The id that the sender gave the message."""
    ref: Seq = 0
    """The Seq of the message that an edit or delete changes; 0 for other events."""
    rev: Seq = 0
    """The Seq of the last edit or delete of this message; 0 if it was never changed."""


class Since(Struct, frozen=True, gc=False):
    """The last event of a room that a client has: everything after it was missed."""

    epoch: Short
    seq: Seq


class SessionInfo(Struct, frozen=True, gc=False):
    """One socket of a gateway, in a Register: whose it is, and which rooms it is in."""

    sid: Short
    uid: Short
    plain: bool
    rooms: list[Name]


# --- commands ------------------------------------------------------------------------------------


class Command(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="do"):
    """The base of all commands. `no` is the sender's number of the command; the answer has it
    too."""

    no: Annotated[int, Meta(ge=0, lt=1 << 53)]


class Hello(Command, frozen=True, tag="hello"):
    """The first command on every link. `gateway` is the gateway's id, the same for its whole run;
    empty for a script. `proof` is a random secret of that run: another link takes the id over only
    with the same proof."""

    wire: int
    gateway: Short = ""
    proof: Short = ""


class Register(Command, frozen=True, tag="register"):
    """The sockets of a gateway, in batches after Hello. After the batch with `last`, sockets that
    were not named count as lost."""

    sessions: Annotated[list[SessionInfo], Meta(max_length=1000)] = field(name="sittings")
    """On the wire the key is `sittings`, the old word for sessions: WIRE 1 keeps it."""
    last: bool


class Beat(Command, frozen=True, tag="beat"):
    """Says that the gateway is alive. Every command renews its lease; Beat is sent if there is no
    other."""


class Bye(Command, frozen=True, tag="bye"):
    """Says that the gateway stops. Its people have HUBBUB_MOVE_GRACE to come back by another
    gateway."""


class TakeUp(Command, frozen=True, tag="take_up"):
    """Requests a `Marked` with this nonce on each of the topics. A gateway that receives it knows
    that its subscription to the topic is live."""

    topics: Annotated[list[Address], Meta(max_length=1000)]
    nonce: Short


class GetPage(Command, frozen=True, tag="page"):
    """A page of any room's log, for the gateway itself: the events upwards from `after`, or without
    `after` the newest ones below `before`.

    Both bounds are exclusive; `before` 0 means no bound. A page has fewer events than `limit` if it
    would be larger than 1 MiB; `more` is true then.
    """

    room: Name
    after: Seq | None = None
    before: Seq = 0
    limit: Limit = 200


class GetHeads(Command, frozen=True, tag="heads"):
    """The heads of these rooms, and of all private rooms with events of these people, who have
    sockets at the gateway; and which of the people are banned."""

    rooms: Annotated[list[Name], Meta(max_length=1000)]
    people: Annotated[list[Short], Meta(max_length=100)] = []


class SessionCommand(Command, frozen=True):
    """The base of the commands that a gateway sends for one of its sockets."""

    sid: Short


class Join(SessionCommand, frozen=True, tag="join"):
    """The socket joins a room. `key` is the SHA-256 of the person's token, in hex: the token itself
    never leaves the gateway."""

    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    room: Name
    user: Name | None = None
    since: Since | None = None
    plain: bool = False


class Leave(SessionCommand, frozen=True, tag="leave"):
    """The socket leaves a room."""

    room: Name


class Gone(SessionCommand, frozen=True, tag="gone"):
    """The socket has disconnected: for good if `left`, else its connection broke and may come
    back."""

    left: bool


class Say(SessionCommand, frozen=True, tag="say"):
    """Sends a message. The gateway makes an `id` if the browser gave none."""

    room: Name
    text: Text
    id: Annotated[str, Meta(min_length=1, max_length=64)]


class Type(SessionCommand, frozen=True, tag="type"):
    """The person has started or stopped typing."""

    room: Name
    typing: bool


class Direct(SessionCommand, frozen=True, tag="direct"):
    """Opens the 1-to-1 conversation with a person, given by name or by uid, not both."""

    user: Name | None = None
    uid: Short | None = None


class Quit(SessionCommand, frozen=True, tag="quit"):
    """Takes a conversation out of the person's list, until the next message there."""

    room: Name


class GetHistory(SessionCommand, frozen=True, tag="history"):
    """A page as by `GetPage`, for a socket that may use the room."""

    room: Name
    after: Seq | None = None
    before: Seq = 0
    limit: Limit = 50


class GetParticipants(SessionCommand, frozen=True, tag="participants"):
    """A page of a room's names: those after `after` that begin with `prefix`, without regard to
    case."""

    room: Name
    after: Name = ""
    prefix: Name = ""
    limit: Limit = 100


class GetRooms(SessionCommand, frozen=True, tag="rooms"):
    """A page of the person's private rooms by name, then of the public rooms with participants, by
    count. `after` is the last room of the page before."""

    after: Name = ""
    limit: Limit = 100


class GetNames(Command, frozen=True, tag="names"):
    """The first names of a public room, for the list that a gateway's plain sockets get."""

    room: Name
    limit: Limit = 100


class Announce(Command, frozen=True, tag="announce"):
    """An announcement, to all sockets or in one room."""

    text: Text
    room: Name = ""
    id: Short = ""
    """A retry with the same id is not announced again."""


class Blank(Command, frozen=True, tag="blank"):
    """Deletes a message: its text is blanked everywhere."""

    room: Name
    seq: Seq


class Ban(Command, frozen=True, tag="ban"):
    """Bans a person, given by name or by uid, not both; `lift` lifts the ban."""

    user: Name | None = None
    uid: Short | None = None
    lift: bool = False


AnyCommand = (
    Hello | Register | Beat | Bye | TakeUp | GetPage | GetHeads | Join | Leave | Gone | Say | Type
    | Direct | Quit | GetHistory | GetParticipants | GetRooms | GetNames | Announce | Blank | Ban
)  # fmt: skip

# --- answers -------------------------------------------------------------------------------------


class Answer(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="re"):
    """The base of all answers, to the command numbered `no`."""

    term: int
    no: int


class Failed(Answer, frozen=True, tag="failed"):
    """The command was refused and has changed nothing. With `unavailable` that is not known: try
    again."""

    code: Code
    message: Sentence
    retry_after_s: float = 0.0


class Done(Answer, frozen=True, tag="done"):
    """The command was executed, and there is nothing else to answer."""


class Welcome(Answer, frozen=True, tag="welcome"):
    """To Hello. `events` is where the broadcasts are: an endpoint, or a port on the host that the
    hello was sent to."""

    epoch: Short
    events: Address
    lease_s: float


class Joined(Answer, frozen=True, tag="joined"):
    """To Join. `head` is the Seq of the room's last event: of the join itself, if it made an
    event."""

    user: Name
    uid: Short
    room: Name
    epoch: Short
    head: Seq
    recovered: bool
    """If true, the gateway sends exactly the events after `since`, or no events if the socket was
    in the room already. If false, it sends the newest page."""
    count: int
    version: int
    private: dict[Name, Seq] = {}
    """The heads of the person's private rooms, if this is the socket's first join."""
    again: bool = False
    """True if the socket was in this room already: nothing is replayed."""


class Said(Answer, frozen=True, tag="said"):
    """To Say, Announce and Blank: the event is on disk, in this room at this Seq."""

    room: Name
    id: Short
    seq: Seq
    timestamp: float


class Opened(Answer, frozen=True, tag="opened"):
    """To Direct: the room of the conversation with this person."""

    room: Name
    user: Name
    uid: Short
    head: Seq


class Paged(Answer, frozen=True, tag="paged"):
    """To GetPage and GetHistory: events in the order of Seq. `more` is true if there are further
    ones in the direction of reading: newer ones with `after`, else older ones."""

    room: Name
    epoch: Short
    head: Seq
    """The Seq of the room's last event on disk at the time when the page was read."""
    events: list[Event]
    more: bool
    to: list[Short] = []
    """The members of a private room: only their sockets may get the events."""


class Listed(Answer, frozen=True, tag="listed"):
    """To GetParticipants and GetNames: a page of a room's names."""

    count: int
    version: int
    """The version of presence that the names are of; 0 in an answer to GetNames."""
    users: list[Name]
    more: bool
    crowd: bool = False


class RoomRow(Struct, frozen=True, gc=False, omit_defaults=True):
    """One room of a list of rooms. `user` is the other person of a direct conversation. `read`, the
    person's read mark, and `title` are for later versions: the broker does not fill them yet."""

    room: Name
    kind: RoomKind
    count: int
    seq: Seq
    read: Seq = 0
    unread: int = 0
    title: Name = ""
    user: Name = ""


class RoomsListed(Answer, frozen=True, tag="rooms_listed"):
    """To GetRooms."""

    rooms: list[RoomRow]
    more: bool


class HeadsTold(Answer, frozen=True, tag="heads_told"):
    """To GetHeads. A room that does not exist has the head 0."""

    heads: dict[Name, Seq]
    members: dict[Name, list[Short]] = {}
    """By private room: which of the people in the command are members."""
    banned: list[Short] = []
    """Which of the people in the command are banned: the gateway closes their sockets."""


AnyAnswer = (
    Failed | Done | Welcome | Joined | Said | Opened | Paged | Listed | RoomsListed | HeadsTold
)

# --- broadcasts ----------------------------------------------------------------------------------


class Broadcast(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, tag_field="is"):
    """The base of all broadcasts. A gateway ignores a broadcast of an older term than it has
    seen."""

    term: int


class Happened(Broadcast, frozen=True, tag="happened"):
    """Consecutive events of a room. `to` are the uids that may get the events of a private room."""

    epoch: Short
    room: Name
    events: Annotated[list[Event], Meta(min_length=1)]
    to: list[Short] = []
    floors: dict[Short, Seq] = {}
    """The uids in `to` that have got the conversation into their list lately, each with a Seq:
    their sockets that do not know the conversation yet get no event up to it."""


class Marked(Broadcast, frozen=True, tag="marked"):
    """Proves to a gateway that its subscription to this topic is live. `head` is the Seq of the
    room's last event, which was published before this mark."""

    topic: Address
    nonce: Short
    epoch: Short
    head: Seq = 0


class Beacon(Broadcast, frozen=True, tag="beacon"):
    """Published on a gateway's own topic each second: the heads of its rooms that have changed
    since the third last beacon, and the sids that were kicked since then. `beat` numbers the
    beacons of a link (Beat is something else), so that a gateway sees when it has missed one."""

    beat: int
    epoch: Short
    heads: dict[Name, Seq]
    kicked: list[Short] = []


class Presence(Broadcast, frozen=True, tag="presence"):
    """The names that joined and left a room since the version `since`. Both lists are empty in a
    crowd."""

    room: Name
    since: int
    version: int
    count: int
    joined: list[Name] = []
    left: list[Name] = []


class Typing(Broadcast, frozen=True, tag="typing"):
    """Who is typing in a room now: names by uid. `to` and `floors` are as in Happened, but include
    members who do not have the conversation in their list."""

    room: Name
    users: dict[Short, Name]
    to: list[Short] = []
    floors: dict[Short, Seq] = {}


class Kicked(Broadcast, frozen=True, tag="kicked"):
    """Published on a gateway's own topic: it closes these sockets for good, and tells them why."""

    sids: list[Short]
    code: Code
    message: Sentence


AnyBroadcast = Happened | Marked | Beacon | Presence | Typing | Kicked

# --- topics --------------------------------------------------------------------------------------
# SUB matches by prefix. Each topic ends in NUL, which no name contains, so that no topic is a
# prefix of another. A gateway subscribes to presence and typing before it subscribes to the room's
# events, on one connection, so a mark on the events proves all three subscriptions.


def events_topic(room: str) -> str:
    return f"events/{room}\0"


def presence_topic(room: str) -> str:
    return f"presence/{room}\0"


def typing_topic(room: str) -> str:
    return f"typing/{room}\0"


def gateway_topic(gateway: str) -> str:
    """The gateway's own topic: beacons, kicks, and the events and typing of private rooms with a
    member there."""
    return f"gateway/{gateway}\0"
