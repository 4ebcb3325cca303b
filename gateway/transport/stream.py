"""The stream: a connected socket to which bytes are written at once while the kernel takes them.

It takes the place of asyncio's transport, which costs a kilobyte more for each browser, and for
each delivery as much time again as the kernel's `send`.
"""

import socket
from contextlib import suppress

from gateway.transport.poller import READ, WRITE, Poller

RECEIVE_BYTES = 64 << 10
"""Bytes that are read from one browser before other browsers have their turn."""


class Stream:
    """Owns a socket that does not block. A subclass says what happens in `received` and `lost`."""

    __slots__ = ("_poller", "_wanted", "ended", "fd", "sock", "unsent", "watched")
    receive_bytes = RECEIVE_BYTES

    def __init__(self, sock: socket.socket, poller: Poller) -> None:
        self.sock = sock
        """The handle to which a SendList writes while nothing is `unsent` (see `fanout.py`)."""
        self.fd = sock.fileno()
        self.watched = 0
        self.unsent: bytes | bytearray = b""
        """Bytes that the kernel has not taken yet: a bytearray if there are some."""
        self.ended = False
        """Nothing more is written; what is `unsent` may still be on its way."""
        self._wanted = 0
        self._poller = poller

    def received(self, data: bytes) -> None:
        """Bytes have come."""
        raise NotImplementedError

    def lost(self) -> None:
        """The socket is over, not by our doing. This may be called in the middle of a `write`."""

    def read(self, on: bool) -> None:
        """Starts or stops reading."""
        self._wanted = READ if on else 0
        if not self.ended:
            self._poller.watch(self, self._wanted | (WRITE if self.unsent else 0))

    def write(self, data: bytes) -> None:
        """Sends after everything written before, and never waits. The caller bounds what is
        `unsent` by looking at it before."""
        if self.ended:
            return
        if self.unsent:
            self.unsent += data
            return
        try:
            sent = self.sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            return self.fail()
        if sent < len(data):
            self.keep(data[sent:])

    def keep(self, rest: bytes) -> None:
        """The kernel did not take these bytes: they are sent as soon as it does."""
        self.unsent = bytearray(rest)
        self.renew()
        self._poller.watch(self, self.watched | WRITE)

    def renew(self) -> None:
        """Gives the socket a new handle: whoever kept the old one finds it closed."""
        old = self.sock
        if old.fileno() != -1:
            self.sock = socket.socket(old.family, old.type, old.proto, old.detach())
            self.sock.setblocking(False)

    def fail(self) -> None:
        """The socket is broken."""
        self._close()
        self.lost()

    def end(self) -> None:
        """Closes the socket once all is sent; until then `abort` ends it."""
        self.ended = True
        if self.unsent:
            self._poller.watch(self, WRITE)
        else:
            self._close()

    def abort(self) -> None:
        """Closes the socket at once."""
        self._close()

    # --- for the poller --------------------------------------------------------------------------

    def readable(self) -> None:
        try:
            data = self.sock.recv(self.receive_bytes)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self.received(data)
        else:
            self.fail()

    def writable(self) -> None:
        try:
            sent = self.sock.send(self.unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            return self.fail()
        assert isinstance(self.unsent, bytearray)
        del self.unsent[:sent]
        if self.unsent:
            return
        self.unsent = b""
        if self.ended:
            self._close()
        else:
            self._poller.watch(self, self._wanted)

    def _close(self) -> None:
        self._poller.watch(self, 0)
        self.ended = True
        self.unsent = b""
        with suppress(OSError):
            self.sock.close()
