"""The CURVE authenticator: decides which CURVE keys may connect, and names their owners."""

from collections.abc import Callable

import zmq
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils import z85

from broker.shell.permissions import SUBSCRIBERS
from common.keys import BrokerKeys
from common.log_rate import rate_limited
from common.zmq_sockets import COMMANDS_DOMAIN, EVENTS_DOMAIN

log = rate_limited(__name__)


class CurveAuthenticator(ThreadAuthenticator):
    """Answers the ZAP requests of a context: a peer may connect if its public key is in the
    broker's folder. Start it before a socket is bound and stop it after the sockets are closed.
    `on_refused` is called for each refused peer, on the authenticator's own thread."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        keys: BrokerKeys,
        on_refused: Callable[[], None],
    ) -> None:
        super().__init__(context)
        self._peers = keys.peers
        self._roles = keys.roles
        self._on_refused = on_refused
        for domain in (COMMANDS_DOMAIN, EVENTS_DOMAIN):
            self.configure_curve_callback(domain, credentials_provider=self)

    def callback(self, domain: str, key: bytes) -> bool:
        """Whether the peer with this public key, in Z85, may connect to the socket of this domain:
        every known key may send commands, only gateways may receive broadcasts."""
        name = self._peers.get(key)
        if name is None:
            log.warning("refused a peer: its key is not in HUBBUB_KEYS")
        elif domain == EVENTS_DOMAIN and self._roles[name] not in SUBSCRIBERS:
            log.warning("refused a subscriber: the key %s has the role %s", name, self._roles[name])
        else:
            return True
        self._on_refused()
        return False

    def curve_user_id(self, client_public_key: bytes) -> str:
        """The name of the peer's key; libzmq adds it to each frame of the peer as `User-Id`."""
        return self._peers[z85.encode(client_public_key)]
