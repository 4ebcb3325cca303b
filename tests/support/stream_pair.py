"""A stream whose other end a test holds."""

import asyncio
import socket
from types import TracebackType

from gateway.transport.poller import Poller
from gateway.transport.stream import Stream


class Told(Stream):
    """Remembers what came, and how often the connection was lost."""

    def __init__(self, sock: socket.socket, poller: Poller) -> None:
        super().__init__(sock, poller)
        self.came = b""
        self.times_lost = 0

    def received(self, data: bytes) -> None:
        self.came += data

    def lost(self) -> None:
        self.times_lost += 1


class Pair:
    """`stream` and the `other` end, with small buffers. Make it on a running loop. It has a poller
    of its own unless it is given one."""

    def __init__(self, poller: Poller | None = None) -> None:
        near, self.other = socket.socketpair()
        near.setblocking(False)
        self.other.setblocking(False)
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self._owned = poller is None
        self.poller = poller or Poller(asyncio.get_running_loop())
        self.stream = Told(near, self.poller)

    def __enter__(self) -> "Pair":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stream.abort()
        self.other.close()
        if self._owned:
            self.poller.close()

    def fill(self) -> int:
        """Writes more than the kernel takes; tells how much."""
        size = 0
        while not self.stream.unsent:
            self.stream.write(b"x" * 1000)
            size += 1000
        return size

    def heard(self) -> bytes:
        """All that came at the other end by now."""
        heard = b""
        try:
            while chunk := self.other.recv(1 << 20):
                heard += chunk
        except BlockingIOError:
            pass
        return heard
