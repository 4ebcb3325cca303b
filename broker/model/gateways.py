"""The gateways: their links, leases and sockets. Pure."""

from broker.model.records import Gateway, Session
from common.errors import Refused

GATEWAYS = 1000


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
