"""The records of who is here: gateways, sessions (a socket each), and people. Pure."""

from broker.effects import IdentityFact, PutIdentity
from broker.model.moves import Moves
from broker.model.token_bucket import TokenBucket


class Session:
    """One socket of a gateway, and who it is."""

    __slots__ = ("gateway", "lost", "person", "plain", "rooms", "sid", "uid", "unnamed")

    def __init__(self, gateway: "Gateway", sid: str, person: "Person", plain: bool) -> None:
        self.gateway = gateway
        self.sid = sid
        self.person = person
        self.uid = person.uid
        self.plain = plain
        self.rooms: dict[str, int] = {}
        """Rooms joined, each with its head then."""
        self.lost = False
        """Its connection broke: it keeps its places for a grace."""
        self.unnamed = False
        """Its gateway did not name it: it has not heard that it joined."""


class Gateway:
    """A gateway process. Exactly one of `lease_until` and `orphan_until` is set."""

    __slots__ = (
        "beat",
        "id",
        "kicked",
        "lease_until",
        "named",
        "orphan_until",
        "peer",
        "proof",
        "rooms",
        "sessions",
    )

    def __init__(self, id: str, lease_until: float) -> None:
        self.id = id
        self.peer: bytes | None = None
        """The routing id of its link; None while it has none."""
        self.proof = ""
        """What its hello proved itself with: nobody else can have its id. Empty: nothing did."""
        self.lease_until: float | None = lease_until
        self.orphan_until: float | None = None
        """Its lease ran out: then its people leave."""
        self.sessions: dict[str, Session] = {}
        self.rooms: dict[str, int] = {}
        """Public rooms, each with the number of this gateway's sessions in it."""
        self.beat = 0
        """Number of the last beacon on this link."""
        self.kicked: dict[str, int] = {}
        """The sids that were kicked lately, and how many beacons will name them yet."""
        self.named: set[str] | None = None
        """While it registers: the sids that it has named so far."""


class Person:
    """An identity that the core knows now: here, lately here, or lately asked for."""

    __slots__ = (
        "banned",
        "bucket",
        "gateways",
        "moves",
        "name",
        "own",
        "plain",
        "public_rooms",
        "rooms",
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
        self.rooms = dict(fact.rooms)
        """The private rooms in this person's list, each with its head, the oldest first."""
        self.own = set(fact.own)
        """Those of them that the person opened or has spoken in: only these count towards
        HUBBUB_PRIVATE_ROOMS, so that strangers cannot fill it."""
        self.sessions: set[Session] = set()
        self.public_rooms: dict[str, int] = {}
        """Public rooms, each with the number of the person's sessions in it."""
        self.gateways: dict[str, int] = {}
        """Gateways, each with the number of the person's sessions there."""
        self.bucket: TokenBucket | None = None
        self.moves: Moves | None = None
        """Made when the person comes to a second room, or leaves one."""

    def moving(self) -> Moves:
        if self.moves is None:
            self.moves = Moves()
        return self.moves

    def row(self) -> PutIdentity:
        return PutIdentity(self.uid, self.name, self.plain, self.banned, self.seen)
