"""The wire: the broker's two bound sockets, as frames in and frames out."""

import asyncio

import zmq
from msgspec import Struct

from broker.admission import Admission
from broker.metrics import Metrics
from common import sockets
from common.keys import BrokerKeys

_MORE = zmq.SNDMORE | zmq.NOBLOCK


class Arrived(Struct, frozen=True, gc=False):
    """Something on the command socket: the link's routing id, the key's name, and the one frame of
    a command (empty: it was not one)."""

    peer: bytes
    name: str
    frame: bytes


class Wire:
    """Call everything from the event loop's thread."""

    def __init__(self, keys: BrokerKeys | None, metrics: Metrics) -> None:
        self._metrics = metrics
        self._named = keys is not None
        self._context: zmq.Context[sockets.Socket] = zmq.Context()
        self._admission: Admission | None = None
        if keys is not None:
            self._admission = Admission(self._context, keys)
            self._admission.start()
        self._router = sockets.router(self._context, keys)
        self._publisher = sockets.publisher(self._context, keys)
        self._answers = self._broadcasts = 0
        """Sent since `look`, which counts them: to count one by one costs as much as to send."""
        self.awake = asyncio.Event()
        """Set when something may have arrived."""

    def bind(self, commands: str, events: str) -> tuple[str, str]:
        """Returns the real endpoints. Raises SocketError."""
        bound = sockets.bind(self._router, commands), sockets.bind(self._publisher, events)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._router.FD, self._signalled)
        loop.add_reader(self._publisher.FD, self._signalled)
        self.awake.set()
        return bound

    def receive(self, limit: int) -> list[Arrived]:
        """What has arrived, without waiting. Fewer than `limit`: there is no more."""
        self._count_subscriptions()
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
            self._router.send(frame, zmq.NOBLOCK)
            self._answers += 1
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                raise
            self._metrics.undelivered.inc()

    def publish(self, topic: str, frame: bytes) -> None:
        self._publisher.send(topic.encode(), _MORE)
        self._publisher.send(frame, zmq.NOBLOCK)
        self._broadcasts += 1

    def look(self) -> None:
        """After sending: the sockets' descriptors tell only of changes, and sending eats them."""
        self._metrics.answers.inc(self._answers)
        self._metrics.broadcasts.inc(self._broadcasts)
        self._answers = self._broadcasts = 0
        for socket in (self._router, self._publisher):
            if int(socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
                self.awake.set()

    def close(self) -> None:
        """Says its last words and unbinds."""
        loop = asyncio.get_running_loop()
        for socket in (self._router, self._publisher):
            loop.remove_reader(socket.FD)
            socket.close(linger=sockets.LAST_WORDS_MS)
        if self._admission is not None:
            self._admission.stop()
        self._context.term()

    def _receive(self) -> Arrived:
        peer = self._router.recv(zmq.NOBLOCK)
        frame = self._router.recv(zmq.NOBLOCK)  # whatever was sent has a frame at least
        while self._router.getsockopt(zmq.RCVMORE):
            self._router.recv(zmq.NOBLOCK)
            frame = b""
        return Arrived(peer, "", frame)

    def _receive_named(self) -> Arrived:
        peer, *frames = self._router.recv_multipart(zmq.NOBLOCK, copy=False)
        if len(frames) != 1:
            return Arrived(peer.bytes, "", b"")
        return Arrived(peer.bytes, str(frames[0].get("User-Id")), frames[0].bytes)

    def _count_subscriptions(self) -> None:
        # They wait without limit until they are read.
        try:
            while True:
                self._publisher.recv(zmq.NOBLOCK)
                self._metrics.subscriptions.inc()
        except zmq.Again:
            pass

    def _signalled(self) -> None:
        # Reading EVENTS clears the descriptor: otherwise the loop spins while nobody may read.
        self.look()
        self.awake.set()
