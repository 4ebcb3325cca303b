"""The poller: it watches all browsers' sockets and serves a few of them in each turn of the loop.

The loop itself serves all sockets that are ready in one turn: when ten thousand browsers send at
once, no other ack or ping would have its turn for a second. So the loop watches one epoll
descriptor, the poller's, behind which the sockets are.
"""

import asyncio
import selectors
import time
from collections import deque
from typing import Protocol

from gateway.runtime.ports import report_fault

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
TURN_SOCKETS = 32
TURN_S = 0.003
"""At most so many sockets are served in one turn of the loop, for so many seconds: a handshake or
join takes some 200 µs."""


class Pollable(Protocol):
    """A socket that can be watched."""

    fd: int
    watched: int
    """READ | WRITE, as `watch` was called last; 0: the socket is not watched. Only the poller sets
    it."""

    def readable(self) -> None: ...
    def writable(self) -> None: ...
    def fail(self) -> None:
        """The socket has to be given up: serving it raised an error."""


class Poller:
    """Belongs to one loop, and has to be closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._selector = selectors.DefaultSelector()
        self._ready: deque[tuple[selectors.SelectorKey, int]] = deque()
        self._fd: int = self._selector.fileno()
        self._closed = False
        loop.add_reader(self._fd, self._turn)

    def watch(self, one: Pollable, events: int) -> None:
        """Serves the socket at these events from now on. Before the descriptor is closed, `events`
        has to be set to 0."""
        if events == one.watched or self._closed:
            return
        if not one.watched:
            self._selector.register(one.fd, events, one)
        elif events:
            self._selector.modify(one.fd, events, one)
        else:
            self._selector.unregister(one.fd)
        one.watched = events

    def close(self) -> None:
        self._closed = True
        self._loop.remove_reader(self._fd)
        self._selector.close()

    def _turn(self) -> None:
        # Sockets that are left for the next turn are still ready, so the loop calls this again.
        if not self._ready:
            self._ready.extend(self._selector.select(0))
        end = time.perf_counter() + TURN_S
        for _ in range(min(TURN_SOCKETS, len(self._ready))):
            if time.perf_counter() > end:
                break
            key, events = self._ready.popleft()
            try:
                if key.data.watched & events & READ:
                    key.data.readable()
                if key.data.watched & events & WRITE:
                    key.data.writable()
            except Exception as error:
                report_fault(self._loop, "a socket failed", error)
                key.data.fail()
