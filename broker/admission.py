"""Admission: who may connect with CURVE keys, and by what name the broker knows them."""

import logging

import zmq
from zmq.auth.thread import ThreadAuthenticator
from zmq.utils import z85

from common.keys import BrokerKeys
from common.quiet import Quiet

log = Quiet(logging.getLogger(__name__))


class Admission(ThreadAuthenticator):
    """Answers ZAP for a context: exactly the peers of the broker's folder get in. Start it before
    anything is bound, stop it after the sockets are closed."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], keys: BrokerKeys) -> None:
        super().__init__(context)
        self._peers = keys.peers
        self.configure_curve_callback(credentials_provider=self)

    def callback(self, domain: str, key: bytes) -> bool:
        """Whether this public key, in Z85, is a peer's."""
        if key not in self._peers:
            log.warning("refused a peer", "its key is not in HUBBUB_KEYS")
        return key in self._peers

    def curve_user_id(self, client_public_key: bytes) -> str:
        """The peer's name, which its frames carry as `User-Id`."""
        return self._peers[z85.encode(client_public_key)]
