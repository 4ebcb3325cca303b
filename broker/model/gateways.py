"""The gateways: their links, leases and sockets."""

from broker.model.records import Gateway, GatewayEvent, GatewayState, Session
from common.errors import Refused

GATEWAYS = 1000
"""The most gateways that are known at a time."""


class Gateways:
    """All gateways with a link or with sessions. A link is known by its ZeroMQ routing id."""

    def __init__(self, lease_s: float, move_grace_s: float) -> None:
        self._lease_s = lease_s
        self._move_grace_s = move_grace_s
        self._by_id: dict[str, Gateway] = {}
        self._by_peer: dict[bytes, Gateway] = {}

    def renew(self, peer: bytes, now: float) -> Gateway:
        """Renews the lease of the gateway at this link, which has just sent something, and returns
        the gateway. Raises Refused("hello") if the link has not said hello."""
        gateway = self._by_peer.get(peer)
        if gateway is None:
            raise Refused("hello", "this link is not known: say hello")
        gateway.deadline = now + self._lease_s
        return gateway

    def at(self, peer: bytes) -> Gateway | None:
        return self._by_peer.get(peer)

    def session(self, peer: bytes, sid: str) -> Session | None:
        """A session of the gateway at this link."""
        gateway = self._by_peer.get(peer)
        return gateway.sessions.get(sid) if gateway is not None else None

    def get_or_add(self, id: str, now: float) -> Gateway:
        """The gateway of this id. A new one is awaited for one lease time."""
        gateway = self._by_id.get(id)
        if gateway is None:
            gateway = self._by_id[id] = Gateway(id, now + self._lease_s)
        return gateway

    def bind(self, peer: bytes, id: str, proof: str, now: float) -> None:
        """A link said hello with this id. The gateway is at this link from now on, and registers
        its people next.

        Raises Refused if the id belongs to another gateway: one that is at another link or has
        given a proof, where `proof` is not the same."""
        known = self._by_id.get(id)
        if known is not None:
            elsewhere = known.peer is not None and known.peer != peer
            if (elsewhere or known.proof) and not (proof and proof == known.proof):
                raise Refused("forbidden", f"the id {id} is another gateway's")
        if known is None and len(self._by_id) >= GATEWAYS:
            raise Refused("unavailable", f"there are {GATEWAYS} gateways already")
        former = self._by_peer.get(peer)
        if former is not None and former.id != id:
            self.unbind(former, now)
        gateway = self.get_or_add(id, now)
        gateway.on(GatewayEvent.HELLO)
        if gateway.peer is not None and gateway.peer != peer:
            del self._by_peer[gateway.peer]
        self._by_peer[peer] = gateway
        gateway.peer = peer
        gateway.proof = proof
        gateway.deadline = now + self._lease_s
        gateway.beat = 0

    def unbind(self, gateway: Gateway, now: float) -> None:
        """The gateway has no link any more. Its people have the move grace."""
        gateway.on(GatewayEvent.UNBOUND)
        if gateway.peer is not None:
            del self._by_peer[gateway.peer]
        gateway.peer = None
        gateway.deadline = now + self._move_grace_s

    def expire(self, now: float) -> list[Gateway]:
        """Unbinds the gateways whose leases have ended, and forgets orphaned ones that have no
        sessions. Returns the orphaned gateways whose people have to leave now."""
        over: list[Gateway] = []
        for gateway in list(self._by_id.values()):
            if gateway.state is not GatewayState.ORPHANED and gateway.deadline <= now:
                self.unbind(gateway, now)
            if gateway.state is GatewayState.ORPHANED:
                if not gateway.sessions:
                    del self._by_id[gateway.id]
                elif gateway.deadline <= now:
                    over.append(gateway)
        return over

    def has_link(self, id: str) -> bool:
        gateway = self._by_id.get(id)
        return gateway is not None and gateway.has_link

    def linked(self) -> list[Gateway]:
        return [gateway for gateway in self._by_id.values() if gateway.has_link]

    @property
    def session_count(self) -> int:
        return sum(len(gateway.sessions) for gateway in self._by_id.values())

    def any_awaited(self) -> bool:
        """Whether there is a gateway with people that has not registered them since it connected,
        or since the broker started."""
        waiting = (GatewayState.AWAITED, GatewayState.REGISTERING)
        return any(
            gateway.sessions and gateway.state in waiting for gateway in self._by_id.values()
        )
