"""The CURVE authenticator: who may connect with CURVE keys, and by what name the broker knows
them."""

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
    """Answers ZAP for a context: exactly the peers of the broker's folder get in. Start it before
    anything is bound, stop it after the sockets are closed. `refused` is called, on a thread of its
    own, for each peer that is not let in."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        keys: BrokerKeys,
        refused: Callable[[], None],
    ) -> None:
        super().__init__(context)
        self._peers = keys.peers
        self._roles = keys.roles
        self._refused = refused
        for domain in (COMMANDS_DOMAIN, EVENTS_DOMAIN):
            self.configure_curve_callback(domain, credentials_provider=self)

    def callback(self, domain: str, key: bytes) -> bool:
        """Whether the peer with this public key, in Z85, may connect to the socket of this domain:
        any peer may send commands, only gateways may hear what is published."""
        name = self._peers.get(key)
        if name is None:
            log.warning("refused a peer: its key is not in HUBBUB_KEYS")
        elif domain == EVENTS_DOMAIN and self._roles[name] not in SUBSCRIBERS:
            log.warning("refused a subscriber: the key %s has the role %s", name, self._roles[name])
        else:
            return True
        self._refused()
        return False

    def curve_user_id(self, client_public_key: bytes) -> str:
        """The peer's name, which its frames carry as `User-Id`."""
        return self._peers[z85.encode(client_public_key)]
