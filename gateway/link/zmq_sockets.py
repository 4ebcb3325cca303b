"""The wire: the two ZeroMQ sockets of one link, fresh for each link and never used again after.

A socket that reconnects by itself keeps what was queued for the broker that is gone and, as a SUB,
may lose subscriptions (libzmq #4064): both are avoided by sockets that live as long as one link.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import zmq
from zmq.utils.monitor import parse_monitor_message

from common.codec import decode_answer, decode_broadcast
from common.errors import FrameError
from common.keys import PeerKeys
from common.messages import AnyAnswer, AnyBroadcast
from common.zmq_sockets import SocketError, ZmqSocket, connect, dealer, subscriber

RECONNECT_MAX_MS = 1_000
"""A broker that is back is found this soon."""
POLLIN = int(zmq.POLLIN)
"""The flag's own `&` costs more than a look at the socket."""
_NEWS = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED


class LinkSockets:
    """`wake` is called when there is something to read: then call `look`, `answers`, `broadcasts`.

    The descriptors are edge-triggered: whatever may have read a socket's mailbox (a send, too) must
    look at its EVENTS, or it stalls. All methods here do. And they stir several times for each
    message: only a look tells whether there is something to read. Raises ZMQError if there is no
    descriptor for it.
    """

    def __init__(
        self,
        context: zmq.Context[ZmqSocket],
        broker: str,
        keys: PeerKeys | None,
        wake: Callable[[], None],
        bad_frame: Callable[[FrameError], None],
    ) -> None:
        self.broken = ""
        """Why this wire is over: what was sent may or may not have arrived. Empty: it is not."""
        self._broker = broker
        self._wake = wake
        self._bad_frame = bad_frame
        self._loop = asyncio.get_running_loop()
        self._sockets: list[ZmqSocket] = []
        self._ready: set[ZmqSocket] = set()
        self._readable: set[ZmqSocket] = set()
        try:
            self._open(context, keys)
        except zmq.ZMQError:
            self.close()
            raise

    def _open(self, context: zmq.Context[ZmqSocket], keys: PeerKeys | None) -> None:
        self._dealer = self._listen(dealer(context, keys))
        # The link bounds what waits (gateway.link.pending), by giving up: ZeroMQ would block or
        # drop.
        self._dealer.setsockopt(zmq.SNDHWM, 0)
        self._dealer.setsockopt(zmq.RCVHWM, 0)
        self._dealer.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS)
        self._sub = self._listen(subscriber(context, keys))
        self._sub.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS)
        self._dealer_news = self._listen(self._dealer.get_monitor_socket(_NEWS))
        self._sub_news = self._listen(self._sub.get_monitor_socket(_NEWS))
        self._connect(self._dealer, self._broker)

    @property
    def subscribed(self) -> bool:
        """The connection for broadcasts is up, the subscriptions are on their way."""
        return self._sub_news in self._ready

    def connect_broadcasts(self, endpoint: str) -> None:
        self._connect(self._sub, endpoint)
        self._look_again(self._sub)

    def subscribe(self, topics: Iterable[str]) -> None:
        """To these, in this order."""
        for topic in topics:
            self._sub.subscribe(topic.encode())
        self._look_again(self._sub)

    def unsubscribe(self, topic: str) -> None:
        self._sub.unsubscribe(topic.encode())
        self._look_again(self._sub)

    def send(self, frame: bytes) -> None:
        try:
            self._dealer.send(frame, zmq.NOBLOCK)
        except zmq.ZMQError as error:
            self.broken = f"cannot send: {error}"
        self._look_again(self._dealer)

    def answers(self, budget: int) -> Iterator[AnyAnswer]:
        """What the broker answered, at most `budget` messages."""
        for frames in self._read(self._dealer, budget):
            try:
                if len(frames) != 1:
                    raise FrameError(f"an answer has one frame, this one {len(frames)}")
                yield decode_answer(frames[0])
            except FrameError as error:
                self._bad_frame(error)

    def broadcasts(self, budget: int) -> Iterator[tuple[str, AnyBroadcast]]:
        """What was published, with its topic; with a budget of 0 it waits in the socket."""
        for frames in self._read(self._sub, budget):
            try:
                if len(frames) != 2:
                    raise FrameError(f"a broadcast has two frames, this one {len(frames)}")
                yield _text(frames[0]), decode_broadcast(frames[1])
            except FrameError as error:
                self._bad_frame(error)

    def watch_connections(self) -> None:
        """Takes note of what happened to the connections."""
        for news in (self._dealer_news, self._sub_news):
            for frames in self._read(news, budget=100):
                if parse_monitor_message(frames)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                    self._ready.add(news)
                elif news in self._ready:
                    self.broken = "the connection broke"
                else:
                    self.broken = "the connection was refused: does HUBBUB_KEYS fit the broker's?"

    def close(self) -> None:
        """Drops what was not sent: the link sends it again on the next wire."""
        for socket in self._sockets:
            self._loop.remove_reader(_option(socket, zmq.FD))
        for socket in self._sockets[:2]:
            socket.disable_monitor()
        for socket in self._sockets:
            socket.close(linger=0)

    def _connect(self, socket: ZmqSocket, endpoint: str) -> None:
        try:
            connect(socket, endpoint)
        except SocketError as error:
            self.broken = f"cannot connect: {error}"

    def _listen(self, socket: ZmqSocket) -> ZmqSocket:
        self._loop.add_reader(_option(socket, zmq.FD), self._look_again, socket)
        self._sockets.append(socket)
        self._look_again(socket)  # who was never looked at does not stir
        return socket

    def _read(self, socket: ZmqSocket, budget: int) -> Iterator[list[bytes]]:
        while budget and socket in self._readable:
            budget -= 1
            with suppress(zmq.Again):
                yield socket.recv_multipart(zmq.NOBLOCK)
            self._readable.discard(socket)
            self._look_again(socket)

    def _look_again(self, socket: ZmqSocket) -> None:
        if _option(socket, zmq.EVENTS) & POLLIN:
            self._readable.add(socket)
            self._wake()


def _option(socket: ZmqSocket, option: int) -> int:
    value = socket.get(option)
    assert isinstance(value, int)
    return value


def _text(topic: bytes) -> str:
    try:
        return topic.decode()
    except UnicodeDecodeError as error:
        raise FrameError(f"a topic is UTF-8, this one not: {error}") from error
