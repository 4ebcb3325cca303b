"""Input of ZeroMQ sockets on an event loop.

A ZeroMQ descriptor signals changes only, and whatever handles the socket's mailbox may eat the
signal: receiving, subscribing, and sending as well. So after each of these the socket has to be
looked at again, or its input waits until the next signal. And a descriptor signals several times
for each message: only a look tells whether there is something to read.
"""

import asyncio
from collections.abc import Callable

import zmq

from common.zmq_sockets import ZmqSocket

# Plain numbers: as flags of an enum they cost more than the calls that take them.
_EVENTS = int(zmq.EVENTS)
_READABLE = int(zmq.POLLIN)


def has_input(socket: ZmqSocket) -> bool:
    """Whether a message can be received from this socket. Clears the signal of its descriptor."""
    return bool(int(socket.get(_EVENTS)) & _READABLE)


class InputWatch:
    """Calls `on_input` with a socket of its own whenever a look or a signal of its descriptor finds
    that the socket has input. `close` it before the sockets are closed."""

    def __init__(self, on_input: Callable[[ZmqSocket], None]) -> None:
        self._on_input = on_input
        self._loop = asyncio.get_running_loop()
        self._descriptors: list[int] = []

    def add(self, socket: ZmqSocket) -> None:
        """Watches this socket, too. It does not signal before it was looked at for the first
        time."""
        descriptor = int(socket.get(zmq.FD))
        self._loop.add_reader(descriptor, self.look, socket)
        self._descriptors.append(descriptor)

    def look(self, socket: ZmqSocket) -> None:
        """To be called after each use of the socket."""
        if has_input(socket):
            self._on_input(socket)

    def close(self) -> None:
        for descriptor in self._descriptors:
            self._loop.remove_reader(descriptor)
