"""The records of who is connected: gateways, sessions (one socket of a browser each) and people."""

from enum import Enum, auto

from broker.effects import IdentityFact, PutIdentity, PutSession
from broker.model.entry_limiter import EntryLimiter
from broker.model.token_bucket import TokenBucket
from common.transitions import follow


class Session:
    """One socket of a gateway, and the person whose it is."""

    __slots__ = ("gateway", "lost", "person", "plain", "rooms", "sid", "uid", "unnamed")

    def __init__(self, gateway: "Gateway", sid: str, person: "Person", plain: bool) -> None:
        self.gateway = gateway
        self.sid = sid
        self.person = person
        self.uid = person.uid
        self.plain = plain
        self.rooms: dict[str, int] = {}
        """The rooms that the socket has joined, each with the room's head at that time."""
        self.lost = False
        """The socket's connection broke. It stays in its rooms for the leave grace."""
        self.unnamed = False
        """The gateway did not name the socket when it registered, so the answer to the socket's
        first join may not have arrived: the next join is answered as a first one."""

    def row(self) -> PutSession:
        return PutSession(self.gateway.id, self.sid, self.uid, self.plain, dict(self.rooms))


class GatewayState(Enum):
    """Whether a gateway has a link, and whether the broker knows its people."""

    AWAITED = auto()
    """The gateway had people when the broker stopped, and has no link yet. They stay until the
    deadline, when the lease ends that every gateway has after a restart."""
    REGISTERING = auto()
    """The gateway has a link and is naming its people. The deadline is the end of its lease."""
    REGISTERED = auto()
    """The gateway has a link, and its people are known. The deadline is the end of its lease."""
    ORPHANED = auto()
    """The gateway said bye, or its lease ended. Its people may come back by another gateway until
    the deadline, when those who did not leave."""


class GatewayEvent(Enum):
    """What moves the state."""

    HELLO = auto()
    """A link said hello with the gateway's id. The link may be a new one."""
    REGISTER = auto()
    """A batch of the gateway's people came."""
    LAST_REGISTER = auto()
    """The last batch was applied."""
    UNBOUND = auto()
    """The gateway said bye, its lease ended, or its link said hello with another id."""


_S, _E = GatewayState, GatewayEvent
TRANSITIONS = {
    (_S.AWAITED, _E.HELLO): _S.REGISTERING,
    (_S.AWAITED, _E.UNBOUND): _S.ORPHANED,
    (_S.REGISTERING, _E.HELLO): _S.REGISTERING,
    (_S.REGISTERING, _E.REGISTER): _S.REGISTERING,
    (_S.REGISTERING, _E.LAST_REGISTER): _S.REGISTERED,
    (_S.REGISTERING, _E.UNBOUND): _S.ORPHANED,
    (_S.REGISTERED, _E.HELLO): _S.REGISTERING,
    (_S.REGISTERED, _E.REGISTER): _S.REGISTERING,
    (_S.REGISTERED, _E.UNBOUND): _S.ORPHANED,
    (_S.ORPHANED, _E.HELLO): _S.REGISTERING,
}


class Gateway:
    """A gateway process that has a link or sessions."""

    __slots__ = (
        "beat",
        "deadline",
        "id",
        "kicked",
        "named",
        "peer",
        "proof",
        "rooms",
        "sessions",
        "state",
    )

    def __init__(self, id: str, deadline: float) -> None:
        self.id = id
        self.state = GatewayState.AWAITED
        self.deadline = deadline
        """When the lease or the move grace ends, in listening time (see GatewayState)."""
        self.peer: bytes | None = None
        """The routing id of the gateway's link; None without a link."""
        self.proof = ""
        """The secret that the gateway's hello gave: only a hello with the same secret takes the
        id over. Empty if the hello gave none."""
        self.sessions: dict[str, Session] = {}
        self.rooms: dict[str, int] = {}
        """Public rooms, each with the number of this gateway's sessions in it."""
        self.beat = 0
        """The number of the last beacon on this link."""
        self.kicked: dict[str, int] = {}
        """Sids whose sockets are to be closed, each with the number of beacons that will still
        name it."""
        self.named: set[str] = set()
        """While the gateway is registering: the sids named so far."""

    @property
    def has_link(self) -> bool:
        return self.state in (GatewayState.REGISTERING, GatewayState.REGISTERED)

    def on(self, event: GatewayEvent) -> None:
        """Moves the state. Outside REGISTERING no sids are named."""
        self.state = follow(TRANSITIONS, self.state, event)
        if event is not GatewayEvent.REGISTER:
            self.named = set()


class Person:
    """An identity that the core has in memory: somebody who is connected, or was until lately, or
    about whom a command lately asked."""

    __slots__ = (
        "banned",
        "bucket",
        "entry_limiter",
        "gateways",
        "name",
        "own_rooms",
        "plain",
        "private_rooms",
        "public_rooms",
        "seen",
        "sessions",
        "uid",
    )

    def __init__(self, fact: IdentityFact) -> None:
        self.uid = fact.uid
        self.name = fact.name
        self.plain = fact.plain
        self.banned = fact.banned
        self.seen = fact.seen
        """When the last session ended, in Unix seconds; 0 while there is a session."""
        self.private_rooms = dict(fact.rooms)
        """The private rooms in this person's list, each with its head, the oldest first."""
        self.own_rooms = set(fact.own)
        """The private rooms that the person opened or has spoken in. Only these count towards
        HUBBUB_PRIVATE_ROOMS, so that strangers cannot use that limit up."""
        self.public_rooms: dict[str, int] = {}
        """Public rooms, each with the number of the person's sessions in it."""
        self.sessions: set[Session] = set()
        self.gateways: dict[str, int] = {}
        """Gateway ids, each with the number of the person's sessions there."""
        self.bucket: TokenBucket | None = None
        """The limit of messages and renames; None before the first one."""
        self.entry_limiter: EntryLimiter | None = None
        """None until the person enters a second room or leaves one: most never do."""

    def limiter(self) -> EntryLimiter:
        """The entry limiter, made if there is none yet."""
        if self.entry_limiter is None:
            self.entry_limiter = EntryLimiter()
        return self.entry_limiter

    def row(self) -> PutIdentity:
        return PutIdentity(self.uid, self.name, self.plain, self.banned, self.seen)
