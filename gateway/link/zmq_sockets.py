"""The two ZeroMQ sockets of one link, made for it and never used again after it.

A socket that reconnects by itself keeps what was queued for the broker that is gone and, as a SUB,
may lose subscriptions (libzmq #4064). Sockets that live as long as one link avoid both.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import zmq
from zmq.utils.monitor import parse_monitor_message

from common.codec import decode_answer, decode_broadcast
from common.errors import FrameError
from common.keys import PeerKeys
from common.messages import AnyAnswer, AnyBroadcast
from common.zmq_input import InputWatch
from common.zmq_sockets import SocketError, ZmqSocket, connect, dealer, subscriber

RECONNECT_MAX_MS = 1_000
"""A broker that is back is found after this time at most."""
_MONITORED = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED


class LinkSockets:
    """A `ports.LinkConnection`. `wake` is called when there is something to read: then call
    `watch_connections`, `answers` and `broadcasts`. `on_bad_frame` is told of each frame that
    cannot be decoded. Raises ZMQError if there is no descriptor for a socket.
    """

    def __init__(
        self,
        context: zmq.Context[ZmqSocket],
        broker: str,
        keys: PeerKeys | None,
        wake: Callable[[], None],
        on_bad_frame: Callable[[FrameError], None],
    ) -> None:
        self.broken = ""
        """Why these sockets are of no use any more; a frame that was sent may or may not have
        arrived. Empty as long as they work."""
        self._broker = broker
        self._wake = wake
        self._on_bad_frame = on_bad_frame
        self._watch = InputWatch(self._on_input)
        self._sockets: list[ZmqSocket] = []
        self._connected: set[ZmqSocket] = set()
        """Monitors whose socket has completed its handshake."""
        self._readable: set[ZmqSocket] = set()
        try:
            self._open(context, keys)
        except zmq.ZMQError:
            self.close()
            raise

    def _open(self, context: zmq.Context[ZmqSocket], keys: PeerKeys | None) -> None:
        self._dealer = self._add(dealer(context, keys))
        # The link bounds what waits (gateway.link.pending) and gives it up: ZeroMQ would block or
        # drop it.
        self._dealer.setsockopt(zmq.SNDHWM, 0)
        self._dealer.setsockopt(zmq.RCVHWM, 0)
        self._dealer.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS)
        self._sub = self._add(subscriber(context, keys))
        self._sub.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS)
        self._dealer_monitor = self._add(self._dealer.get_monitor_socket(_MONITORED))
        self._sub_monitor = self._add(self._sub.get_monitor_socket(_MONITORED))
        self._connect(self._dealer, self._broker)

    @property
    def subscribed(self) -> bool:
        """Whether the connection for broadcasts is up: then the subscriptions are on their way."""
        return self._sub_monitor in self._connected

    def connect_broadcasts(self, endpoint: str) -> None:
        self._connect(self._sub, endpoint)
        self._watch.look(self._sub)

    def subscribe(self, topics: Iterable[str]) -> None:
        """Subscribes to these topics, in this order."""
        for topic in topics:
            self._sub.subscribe(topic.encode())
        self._watch.look(self._sub)

    def unsubscribe(self, topic: str) -> None:
        self._sub.unsubscribe(topic.encode())
        self._watch.look(self._sub)

    def send(self, frame: bytes) -> None:
        """Sends a command."""
        try:
            self._dealer.send(frame, zmq.NOBLOCK)
        except zmq.ZMQError as error:
            self.broken = f"cannot send: {error}"
        self._watch.look(self._dealer)

    def answers(self, limit: int) -> Iterator[AnyAnswer]:
        """Receives the broker's answers, `limit` messages at most."""
        for frames in self._receive(self._dealer, limit):
            try:
                if len(frames) != 1:
                    raise FrameError(f"an answer has one frame, this one {len(frames)}")
                yield decode_answer(frames[0])
            except FrameError as error:
                self._on_bad_frame(error)

    def broadcasts(self, limit: int) -> Iterator[tuple[str, AnyBroadcast]]:
        """Receives broadcasts, `limit` messages at most, each with its topic."""
        for frames in self._receive(self._sub, limit):
            try:
                if len(frames) != 2:
                    raise FrameError(f"a broadcast has two frames, this one {len(frames)}")
                yield _text(frames[0]), decode_broadcast(frames[1])
            except FrameError as error:
                self._on_bad_frame(error)

    def watch_connections(self) -> None:
        """Notes which connections came up or broke."""
        for monitor in (self._dealer_monitor, self._sub_monitor):
            for frames in self._receive(monitor, limit=100):
                if parse_monitor_message(frames)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                    self._connected.add(monitor)
                elif monitor in self._connected:
                    self.broken = "the connection broke"
                else:
                    self.broken = "the connection was refused: does the broker know HUBBUB_KEYS?"

    def close(self) -> None:
        """Drops what was not sent: the link sends it again on its next connection."""
        self._watch.close()
        for socket in self._sockets[:2]:
            socket.disable_monitor()
        for socket in self._sockets:
            socket.close(linger=0)

    def _connect(self, socket: ZmqSocket, endpoint: str) -> None:
        try:
            connect(socket, endpoint)
        except SocketError as error:
            self.broken = f"cannot connect: {error}"

    def _add(self, socket: ZmqSocket) -> ZmqSocket:
        self._sockets.append(socket)
        self._watch.add(socket)
        self._watch.look(socket)
        return socket

    def _on_input(self, socket: ZmqSocket) -> None:
        self._readable.add(socket)
        self._wake()

    def _receive(self, socket: ZmqSocket, limit: int) -> Iterator[list[bytes]]:
        while limit and socket in self._readable:
            limit -= 1
            with suppress(zmq.Again):
                yield socket.recv_multipart(zmq.NOBLOCK)
            self._readable.discard(socket)
            self._watch.look(socket)


def _text(topic: bytes) -> str:
    try:
        return topic.decode()
    except UnicodeDecodeError as error:
        raise FrameError(f"a topic that is not UTF-8: {error}") from error
