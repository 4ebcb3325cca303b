"""The poller: all browsers' sockets behind one descriptor of the loop, a few of them each turn.

The loop itself hands on all that are ready in one turn: when ten thousand browsers speak at once,
nobody else's ack or ping would have its turn for a second.
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
"""In one turn of the loop so many sockets are looked at, for so long: a handshake or join takes
some 200 µs."""


class Watched(Protocol):
    fd: int
    watched: int
    """READ | WRITE, as the poller was told last; 0 is no more."""

    def readable(self) -> None: ...
    def writable(self) -> None: ...
    def fail(self) -> None:
        """It is over."""


class Poller:
    """Watches for one loop. To be closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._selector = selectors.DefaultSelector()
        self._ready: deque[tuple[selectors.SelectorKey, int]] = deque()
        self._fd: int = self._selector.fileno()
        self._closed = False
        loop.add_reader(self._fd, self._turn)

    def watch(self, one: Watched, events: int) -> None:
        """Calls it for these events from now on. Before its descriptor is closed: for none."""
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
        # What is left from the last turn is ready still, so that the loop calls this again.
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
