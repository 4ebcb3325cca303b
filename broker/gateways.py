"""The gateways: their links, leases and sockets. Pure."""

from typing import TYPE_CHECKING

from common.errors import Refused

if TYPE_CHECKING:
    from broker.people import Person

GATEWAYS = 1000


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


class Gateways:
    """Those with a link or with sessions."""

    def __init__(self, lease_s: float, move_grace_s: float) -> None:
        self._lease_s = lease_s
        self._move_grace_s = move_grace_s
        self._all: dict[str, Gateway] = {}
        self._by_peer: dict[bytes, Gateway] = {}

    def of(self, peer: bytes, now: float) -> Gateway:
        """The gateway at this link; its lease is renewed. Raises Refused("hello")."""
        gateway = self._by_peer.get(peer)
        if gateway is None:
            raise Refused("hello", "this link is not known: say hello")
        gateway.lease_until = now + self._lease_s
        return gateway

    def at(self, peer: bytes) -> Gateway | None:
        return self._by_peer.get(peer)

    def session(self, peer: bytes, sid: str) -> Session | None:
        """A socket of the gateway at this link."""
        gateway = self._by_peer.get(peer)
        return gateway.sessions.get(sid) if gateway is not None else None

    def known(self, id: str, now: float) -> Gateway:
        """The gateway of this id, made if need be with a lease from now."""
        gateway = self._all.get(id)
        if gateway is None:
            gateway = self._all[id] = Gateway(id, now + self._lease_s)
        return gateway

    def bind(self, peer: bytes, id: str, proof: str, now: float) -> None:
        """The gateway of this id is at this link now and about to register its people. Raises
        Refused if the id is another gateway's: its link lives, or it has proved itself, and `proof`
        is not the same."""
        known = self._all.get(id)
        if known is not None:
            alive = known.peer is not None and known.peer != peer
            if (alive or known.proof) and not (proof and proof == known.proof):
                raise Refused("forbidden", f"the id {id} is another gateway's")
        if id not in self._all and len(self._all) >= GATEWAYS:
            raise Refused("unavailable", f"there are {GATEWAYS} gateways already")
        former = self._by_peer.get(peer)
        if former is not None and former.id != id:
            self.unbind(former, now)
        gateway = self.known(id, now)
        if gateway.peer is not None and gateway.peer != peer:
            del self._by_peer[gateway.peer]
        self._by_peer[peer] = gateway
        gateway.peer = peer
        gateway.proof = proof
        gateway.lease_until = now + self._lease_s
        gateway.orphan_until = None
        gateway.beat = 0
        gateway.named = set()

    def unbind(self, gateway: Gateway, now: float) -> None:
        """The link is over; its people have the move grace."""
        if gateway.peer is not None:
            del self._by_peer[gateway.peer]
        gateway.peer = None
        gateway.lease_until = None
        gateway.orphan_until = now + self._move_grace_s
        gateway.named = None

    def expire(self, now: float) -> list[Gateway]:
        """Ends leases. Returns the gateways whose people have to leave now."""
        over: list[Gateway] = []
        for gateway in list(self._all.values()):
            if gateway.lease_until is not None and gateway.lease_until <= now:
                self.unbind(gateway, now)
            if gateway.orphan_until is not None:
                if not gateway.sessions:
                    del self._all[gateway.id]
                elif gateway.orphan_until <= now:
                    over.append(gateway)
        return over

    def is_bound(self, id: str) -> bool:
        gateway = self._all.get(id)
        return gateway is not None and gateway.peer is not None

    def bound(self) -> list[Gateway]:
        return [gateway for gateway in self._all.values() if gateway.peer is not None]

    @property
    def sockets(self) -> int:
        return sum(len(gateway.sessions) for gateway in self._all.values())

    def awaited(self) -> bool:
        """Whether some gateway with people has yet to come or to register them."""
        return any(
            gateway.sessions
            and gateway.lease_until is not None
            and (gateway.peer is None or gateway.named is not None)
            for gateway in self._all.values()
        )
