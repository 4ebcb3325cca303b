"""Notices on an event loop that ZeroMQ sockets have input.

The descriptor of a ZeroMQ socket signals changes only, and every call that handles the socket's
mailbox may clear the signal: receiving, subscribing and sending. So the socket has to be checked
after each of these calls, or its input waits until the next signal. A descriptor also signals
several times for each message, so a signal alone does not mean that there is input.
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
    """Calls `on_input(socket)` when a watched socket has input. Close the watch before its
    sockets."""

    def __init__(self, on_input: Callable[[ZmqSocket], None]) -> None:
        self._on_input = on_input
        self._loop = asyncio.get_running_loop()
        self._descriptors: list[int] = []

    def add(self, socket: ZmqSocket) -> None:
        """Watches this socket. Call `look` once afterwards: the descriptor signals nothing
        before."""
        descriptor = int(socket.get(zmq.FD))
        self._loop.add_reader(descriptor, self.look, socket)
        self._descriptors.append(descriptor)

    def look(self, socket: ZmqSocket) -> None:
        """Checks the socket for input. Call it after each use of the socket."""
        if has_input(socket):
            self._on_input(socket)

    def close(self) -> None:
        for descriptor in self._descriptors:
            self._loop.remove_reader(descriptor)
