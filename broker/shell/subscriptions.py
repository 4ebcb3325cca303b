"""The subscriptions: limits the topics that each connection to the broadcast port may subscribe.

Only gateways have reason to subscribe. A connection counts as a gateway's when it has subscribed
the own topic of a gateway that has sent its Hello. Before that it may have up to UNKNOWN_TOPICS,
because a SUB socket that reconnects sends its subscriptions in any order.

libzmq stores every subscription of a peer, and has no call that disconnects one peer. But each
subscription carries the descriptor of its connection (`__fd`, formerly ZMQ_SRCFD), and that socket
can be shut down. XPUB_MANUAL is no alternative: it stores the subscriptions as well, and a user
message from one peer makes it apply the subscriptions of others to the wrong peers (libzmq 4.3.5,
xpub.cpp).
"""

import os
import re
import socket
from collections.abc import Callable
from contextlib import suppress

import zmq

from broker.shell.metrics import Metrics
from common.log_rate import rate_limited

ROOM_TOPIC = re.compile(rb"(?:events|presence|typing)/(?!@)[^\0]{1,256}\0")
"""A room's name has at most 64 characters of up to four bytes. Private rooms have no topics."""
OWN_TOPIC = re.compile(rb"gateway/([0-9A-Za-z_.-]{1,64})\0")
UNKNOWN_TOPICS = 1_000
"""The topics that a connection may have before it is known to be a gateway's."""
SUBSCRIBE, UNSUBSCRIBE = 1, 0


class Subscriber:
    """One connection. The inode of its socket tells it from an older connection that had the same
    descriptor."""

    def __init__(self, inode: int) -> None:
        self.inode = inode
        self.topics: set[int] = set()
        """Hashes of the topics that the connection has subscribed."""
        self.is_gateway = False
        """Whether it has subscribed the own topic of a gateway that has sent its Hello."""
        self.is_shut = False


class Subscriptions:
    """Shuts a connection down, which ends its subscriptions, if it subscribes an invalid topic or
    more than `topics_limit` topics."""

    def __init__(self, metrics: Metrics, topics_limit: int) -> None:
        self.knows_gateway: Callable[[str], bool] = lambda id: False
        """Whether a gateway with this id has sent its Hello."""
        self.endpoint = ""
        """The endpoint at which the broker publishes."""
        self._metrics = metrics
        self._topics_limit = topics_limit
        self._subscribers: dict[int, Subscriber] = {}
        """By descriptor."""
        self._log = rate_limited(__name__)

    def receive(self, frame: "zmq.Frame") -> bool:
        """Handles a frame from the XPUB socket. Returns whether its connection was shut down for
        it."""
        self._metrics.subscriptions.inc()
        try:
            fd = int(frame.get("__fd"))
            inode = os.fstat(fd).st_ino
        except (zmq.ZMQError, OSError):
            return False  # the connection is gone, and its subscriptions with it
        subscriber = self._subscribers.get(fd)
        if subscriber is None or subscriber.inode != inode:
            subscriber = self._subscribers[fd] = Subscriber(inode)
        if subscriber.is_shut:
            return False
        why = self._refusal(subscriber, frame.bytes)
        if not why:
            return False
        subscriber.is_shut = True
        subscriber.topics.clear()
        self._metrics.refused_subscriptions.inc()
        self._log.warning("cut off a subscriber: %.200s", why)
        with suppress(OSError), socket.socket(fileno=os.dup(fd)) as connection:
            if self._is_at_our_endpoint(connection):
                connection.shutdown(socket.SHUT_RDWR)
        return True

    def _is_at_our_endpoint(self, connection: socket.socket) -> bool:
        """False if the descriptor belongs to a connection of another kind by now. It may belong to
        another subscriber, which is then cut off by mistake and reconnects."""
        name = connection.getsockname()
        return self.endpoint.endswith(f":{name[1]}" if isinstance(name, tuple) else f"//{name}")

    def _refusal(self, subscriber: Subscriber, body: bytes) -> str:
        """Why the connection has to be shut down; empty if it may stay."""
        kind, topic = body[:1], body[1:]
        if kind == bytes([UNSUBSCRIBE]):
            subscriber.topics.discard(hash(topic))
            return ""
        own = OWN_TOPIC.fullmatch(topic)
        if kind != bytes([SUBSCRIBE]) or not (own or ROOM_TOPIC.fullmatch(topic)):
            return "it subscribes an invalid topic"
        if own:
            if not self.knows_gateway(own[1].decode()):
                return "it subscribes the own topic of a gateway that has not said hello"
            subscriber.is_gateway = True
        subscriber.topics.add(hash(topic))
        if not subscriber.is_gateway and len(subscriber.topics) > UNKNOWN_TOPICS:
            return f"it has more than {UNKNOWN_TOPICS} topics, but not a gateway's own one"
        if len(subscriber.topics) > self._topics_limit:
            return f"it has more than {self._topics_limit} topics (HUBBUB_TOPICS)"
        return ""
