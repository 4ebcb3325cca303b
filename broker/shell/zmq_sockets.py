"""The wire: the broker's two bound sockets, as frames in and frames out."""

import asyncio
from collections.abc import Callable

import zmq
from msgspec import Struct

from broker.shell.curve_auth import CurveAuthenticator
from broker.shell.metrics import Metrics
from broker.shell.subscriptions import Subscriptions, give_memory_back
from common import zmq_sockets
from common.keys import BrokerKeys
from common.zmq_input import InputWatch, has_input

# Plain numbers: as flags of an enum they cost more than the calls that take them.
_NOW = int(zmq.NOBLOCK)
_MORE = int(zmq.SNDMORE) | _NOW
_RCVMORE = int(zmq.RCVMORE)


SUBSCRIPTIONS_A_TURN = 1_000
FREE_S, FREE_TIMES = 1.0, 8
"""After a subscriber was cut off its memory becomes free by and by."""


class Arrived(Struct, frozen=True, gc=False):
    """Something on the command socket: the link's routing id, the key's name, and the one frame of
    a command (empty: it was not one)."""

    peer: bytes
    name: str
    frame: bytes


class BrokerSockets:
    """Call everything from the event loop's thread."""

    def __init__(self, keys: BrokerKeys | None, metrics: Metrics, topics: int) -> None:
        """`topics`: those that one subscriber may have."""
        self._metrics = metrics
        self._watch: InputWatch | None = None
        self._arrived: Callable[[], None] = lambda: None
        self._named = keys is not None
        self.roles = keys.roles if keys is not None else None
        """The role of each key, by its name."""
        self._context: zmq.Context[zmq_sockets.ZmqSocket] = zmq.Context()
        self._admission: CurveAuthenticator | None = None
        if keys is not None:
            self._admission = CurveAuthenticator(self._context, keys, metrics.refused_peers.inc)
            self._admission.start()
        self._router = zmq_sockets.router(self._context, keys)
        self._publisher = zmq_sockets.publisher(self._context, keys)
        self._subscriptions = Subscriptions(metrics, topics)
        self._freeing: asyncio.TimerHandle | None = None
        self._free_times = 0

    def bind(self, commands: str, events: str) -> tuple[str, str]:
        """Returns the real endpoints. Raises SocketError."""
        bound = zmq_sockets.bind(self._router, commands), zmq_sockets.bind(self._publisher, events)
        self._subscriptions.endpoint = bound[1]
        return bound

    def listen(self, arrived: Callable[[], None], knows: Callable[[str], bool]) -> None:
        """From now on `arrived` is called when something may have arrived. `knows`: whether there
        is a gateway of this id."""
        self._arrived = arrived
        self._subscriptions.knows = knows
        self._watch = InputWatch(lambda _: arrived())
        for socket in (self._router, self._publisher):
            self._watch.add(socket)
        asyncio.get_running_loop().call_soon(arrived)

    def receive(self, limit: int) -> list[Arrived]:
        """What has arrived, without waiting. Fewer than `limit`: there is no more."""
        if has_input(self._publisher):
            self._take_subscriptions()
        arrived: list[Arrived] = []
        while len(arrived) < limit:
            try:
                arrived.append(self._receive_named() if self._named else self._receive())
            except zmq.Again:
                break
        return arrived

    def send(self, peer: bytes, frame: bytes) -> None:
        """To a link; whoever is gone or reads nothing does not get it, and it is counted."""
        try:
            self._router.send(peer, _MORE)
            self._router.send(frame, _NOW)
            self._metrics.answers += 1
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                raise
            self._metrics.undelivered.inc()

    def publish(self, topic: str, frame: bytes) -> None:
        self._publisher.send(topic.encode(), _MORE)
        self._publisher.send(frame, _NOW)
        self._metrics.broadcasts += 1

    def look(self) -> None:
        """After sending: the sockets' descriptors tell only of changes, and sending eats them."""
        if has_input(self._router) | has_input(self._publisher):  # looks at both in any case
            asyncio.get_running_loop().call_soon(self._arrived)

    def close(self) -> None:
        """Says its last words and unbinds."""
        if self._freeing is not None:
            self._freeing.cancel()
        if self._watch is not None:
            self._watch.close()
        for socket in (self._router, self._publisher):
            socket.close(linger=zmq_sockets.LAST_WORDS_MS)
        if self._admission is not None:
            self._admission.stop()
        self._context.term()

    def _receive(self) -> Arrived:
        peer = self._router.recv(_NOW)
        frame = self._router.recv(_NOW)  # whatever was sent has a frame at least
        while self._router.get(_RCVMORE):
            self._router.recv(_NOW)
            frame = b""
        return Arrived(peer, "", frame)

    def _receive_named(self) -> Arrived:
        peer, *frames = self._router.recv_multipart(_NOW, copy=False)
        if len(frames) != 1:
            return Arrived(peer.bytes, "", b"")
        return Arrived(peer.bytes, str(frames[0].get("User-Id")), frames[0].bytes)

    def _take_subscriptions(self) -> None:
        # They wait without limit until they are read. Others are let in between: `look` sees more.
        for _ in range(SUBSCRIPTIONS_A_TURN):
            try:
                frame = self._publisher.recv(_NOW, copy=False)
            except zmq.Again:
                return
            if self._subscriptions.take(frame):
                self._free_times = FREE_TIMES
                if self._freeing is None:
                    self._free()
        asyncio.get_running_loop().call_soon(self._arrived)

    def _free(self) -> None:
        give_memory_back()
        self._free_times -= 1
        loop = asyncio.get_running_loop()
        self._freeing = loop.call_later(FREE_S, self._free) if self._free_times else None
