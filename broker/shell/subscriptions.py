"""The subscriptions: which connections to the port of broadcasts have which topics, within bounds.

Only gateways have reason to subscribe. A connection is a gateway's once it has subscribed the own
topic of one that has said hello; before that it may have a few topics, since a SUB socket that
connects again subscribes in an order of its own.

libzmq keeps whatever a peer subscribes, and has no call that ends one peer. But it tells with each
subscription the descriptor of its connection (`__fd`, for the old ZMQ_SRCFD), which can be shut.
XPUB_MANUAL would not do: it keeps what peers send all the same, and a user message from one peer
makes it apply the subscriptions of others to the wrong peers (libzmq 4.3.5, xpub.cpp).
"""

import ctypes
import os
import re
import socket
from collections.abc import Callable
from contextlib import suppress

import zmq

from broker.shell.metrics import Metrics
from common.log_rate import rate_limited

ROOM_TOPIC = re.compile(rb"(?:events|presence|typing)/(?!@)[^\0]{1,256}\0")
"""A room's name has at most 64 characters of up to four bytes; private rooms have no topics."""
OWN_TOPIC = re.compile(rb"gateway/([0-9A-Za-z_.-]{1,64})\0")
UNKNOWN_TOPICS = 1_000
"""As many as a connection may have before it is known as a gateway's."""
SUBSCRIBE, UNSUBSCRIBE = 1, 0


class Connection:
    """One connection, known by its descriptor and the inode of its socket: descriptors return."""

    def __init__(self, inode: int) -> None:
        self.inode = inode
        self.topics: set[int] = set()
        """Hashes of what it has subscribed."""
        self.gateway = False
        """It has subscribed the own topic of a gateway that has said hello."""
        self.shut = False


class Subscriptions:
    """`most`: topics of one gateway; `knows`: whether a gateway of this id has said hello.

    A connection that goes beyond, or sends anything but subscriptions of topics that there are, is
    shut: that takes its subscriptions away.
    """

    def __init__(self, metrics: Metrics, most: int) -> None:
        self.knows: Callable[[str], bool] = lambda id: False
        self.endpoint = ""
        """Where the broker publishes."""
        self._metrics = metrics
        self._most = most
        self._connections: dict[int, Connection] = {}
        self._log = rate_limited(__name__)

    def take(self, frame: "zmq.Frame") -> bool:
        """What came on the XPUB socket. Returns whether its connection was shut for it."""
        self._metrics.subscriptions.inc()
        try:
            fd = int(frame.get("__fd"))
            inode = os.fstat(fd).st_ino
        except (zmq.ZMQError, OSError):
            return False  # the connection is gone, and what it had
        connection = self._connections.get(fd)
        if connection is None or connection.inode != inode:
            connection = self._connections[fd] = Connection(inode)
        if connection.shut:
            return False
        why = self._refusal(connection, frame.bytes)
        if not why:
            return False
        connection.shut = True
        connection.topics.clear()
        self._metrics.refused_subscriptions.inc()
        self._log.warning("cut off a subscriber: %.200s", why)
        with suppress(OSError), socket.socket(fileno=os.dup(fd)) as shut:
            if self._is_subscriber(shut):
                shut.shutdown(socket.SHUT_RDWR)
        return True

    def _is_subscriber(self, connection: socket.socket) -> bool:
        """Not if the descriptor is another's by now: a subscriber that comes just when one was cut
        off may be cut off for it, and comes again, but nobody else is."""
        name = connection.getsockname()
        return self.endpoint.endswith(f":{name[1]}" if isinstance(name, tuple) else f"//{name}")

    def _refusal(self, connection: Connection, body: bytes) -> str:
        kind, topic = body[:1], body[1:]
        if kind == bytes([UNSUBSCRIBE]):
            connection.topics.discard(hash(topic))
            return ""
        own = OWN_TOPIC.fullmatch(topic)
        if kind != bytes([SUBSCRIBE]) or not (own or ROOM_TOPIC.fullmatch(topic)):
            return "it subscribes what is no topic"
        if own:
            if not self.knows(own[1].decode()):
                return "it subscribes the own topic of a gateway that has not said hello"
            connection.gateway = True
        connection.topics.add(hash(topic))
        if not connection.gateway and len(connection.topics) > UNKNOWN_TOPICS:
            return f"it is no gateway's, and has more than {UNKNOWN_TOPICS} topics"
        if len(connection.topics) > self._most:
            return f"it has more than {self._most} topics (HUBBUB_TOPICS)"
        return ""


def give_memory_back() -> None:
    """To the system: the C library keeps what libzmq has freed. Elsewhere than with glibc it does
    nothing."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
