"""The broker's bound ZeroMQ sockets: commands come in, answers and broadcasts go out, as frames."""

import asyncio
from collections.abc import Callable

import zmq
from msgspec import Struct

from broker.shell.curve_auth import CurveAuthenticator
from broker.shell.metrics import Metrics
from broker.shell.subscriptions import Subscriptions
from common import zmq_sockets
from common.keys import BrokerKeys
from common.memory import trim_memory
from common.zmq_input import InputWatch, has_input

# Plain numbers: as flags of an enum they cost more than the calls that take them.
_NOW = int(zmq.NOBLOCK)
_MORE = int(zmq.SNDMORE) | _NOW
_RCVMORE = int(zmq.RCVMORE)

SUBSCRIPTIONS_A_TURN = 1_000
TRIM_S, TRIM_TIMES = 1.0, 8
"""After a subscriber was cut off libzmq frees its memory little by little, so the memory is given
back to the system several times."""


class IncomingFrame(Struct, frozen=True, gc=False):
    """A message from the command socket. `peer` is the routing id of the sender's link, `key` the
    name of its key (empty without keys), `frame` the one frame of a command (empty if the message
    has another number of frames)."""

    peer: bytes
    key: str
    frame: bytes


class BrokerSockets:
    """A ROUTER for commands and answers, an XPUB for broadcasts. `topics` is how many topics one
    subscriber may have. Call all methods in the event loop's thread."""

    def __init__(self, keys: BrokerKeys | None, metrics: Metrics, topics: int) -> None:
        self._metrics = metrics
        self._watch: InputWatch | None = None
        self._on_input: Callable[[], None] = lambda: None
        self._has_keys = keys is not None
        self.roles = keys.roles if keys is not None else None
        """The role of each key, by the key's name."""
        self._context = zmq_sockets.new_context()
        self._authenticator: CurveAuthenticator | None = None
        if keys is not None:
            on_refused = metrics.refused_peers.inc
            self._authenticator = CurveAuthenticator(self._context, keys, on_refused)
            self._authenticator.start()
        self._router = zmq_sockets.router(self._context, keys)
        self._publisher = zmq_sockets.publisher(self._context, keys)
        self._subscriptions = Subscriptions(metrics, topics)
        self._trim_timer: asyncio.TimerHandle | None = None
        self._trims_due = 0

    def bind(self, commands: str, events: str) -> tuple[str, str]:
        """Binds both sockets. Returns the real endpoints (port 0 takes any). Raises SocketError."""
        bound = zmq_sockets.bind(self._router, commands), zmq_sockets.bind(self._publisher, events)
        self._subscriptions.endpoint = bound[1]
        return bound

    def listen(self, on_input: Callable[[], None], knows_gateway: Callable[[str], bool]) -> None:
        """From now on `on_input` is called when there may be something to receive.
        `knows_gateway(id)` says whether a gateway with this id has sent its Hello."""
        self._on_input = on_input
        self._subscriptions.knows_gateway = knows_gateway
        self._watch = InputWatch(lambda _: on_input())
        for socket in (self._router, self._publisher):
            self._watch.add(socket)
        asyncio.get_running_loop().call_soon(on_input)

    def receive(self, limit: int) -> list[IncomingFrame]:
        """Up to `limit` messages that have arrived, without waiting. If there are fewer, none is
        left in the socket."""
        if has_input(self._publisher):
            self._receive_subscriptions()
        frames: list[IncomingFrame] = []
        while len(frames) < limit:
            try:
                frames.append(self._receive_with_key() if self._has_keys else self._receive())
            except zmq.Again:
                break
        return frames

    def send(self, peer: bytes, frame: bytes) -> None:
        """Sends an answer. It is dropped and counted if the link is gone or its queue is full."""
        try:
            self._router.send(peer, _MORE)
            self._router.send(frame, _NOW)
            self._metrics.answers += 1
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EHOSTUNREACH, zmq.EAGAIN):
                raise
            self._metrics.undelivered.inc()

    def publish(self, topic: str, frame: bytes) -> None:
        """Sends a broadcast to all subscribers of the topic."""
        self._publisher.send(topic.encode(), _MORE)
        self._publisher.send(frame, _NOW)
        self._metrics.broadcasts += 1

    def look(self) -> None:
        """Call it after sending, which may clear the signal that a socket has input."""
        if has_input(self._router) | has_input(self._publisher):  # `|`: always checks both
            asyncio.get_running_loop().call_soon(self._on_input)

    def close(self) -> None:
        """Closes the sockets; answers that are queued are still sent for LAST_WORDS_MS."""
        if self._trim_timer is not None:
            self._trim_timer.cancel()
        if self._watch is not None:
            self._watch.close()
        for socket in (self._router, self._publisher):
            socket.close(linger=zmq_sockets.LAST_WORDS_MS)
        if self._authenticator is not None:
            self._authenticator.stop()
        self._context.term()

    def _receive(self) -> IncomingFrame:
        peer = self._router.recv(_NOW)
        frame = self._router.recv(_NOW)  # every message has a frame after the routing id
        while self._router.get(_RCVMORE):
            self._router.recv(_NOW)
            frame = b""
        return IncomingFrame(peer, "", frame)

    def _receive_with_key(self) -> IncomingFrame:
        peer, *frames = self._router.recv_multipart(_NOW, copy=False)
        if len(frames) != 1:
            return IncomingFrame(peer.bytes, "", b"")
        return IncomingFrame(peer.bytes, str(frames[0].get("User-Id")), frames[0].bytes)

    def _receive_subscriptions(self) -> None:
        # Subscriptions queue without a limit until they are read. Commands get their turn after
        # SUBSCRIPTIONS_A_TURN of them.
        for _ in range(SUBSCRIPTIONS_A_TURN):
            try:
                frame = self._publisher.recv(_NOW, copy=False)
            except zmq.Again:
                return
            if self._subscriptions.receive(frame):
                self._trims_due = TRIM_TIMES
                if self._trim_timer is None:
                    self._trim()
        asyncio.get_running_loop().call_soon(self._on_input)

    def _trim(self) -> None:
        trim_memory()
        self._trims_due -= 1
        loop = asyncio.get_running_loop()
        self._trim_timer = loop.call_later(TRIM_S, self._trim) if self._trims_due else None
