"""The stream: a connected socket, written straight through while the kernel takes all.

Takes the place of asyncio's transport, which costs a kilobyte more for each browser, and for each
delivery as much time again as the kernel's `send`.
"""

import socket
from contextlib import suppress

from gateway.transport.poller import READ, WRITE, Poller

RECEIVE_BYTES = 64 << 10
"""Read at once from one browser; then it is the others' turn."""


class Stream:
    """Takes over a socket that does not block. Whoever derives from it says what happens on
    `received` and `lost`."""

    __slots__ = ("_poller", "_wanted", "ended", "fd", "sock", "unsent", "watched")

    def __init__(self, sock: socket.socket, poller: Poller) -> None:
        self.sock = sock
        """For `SendList` to write to, while nothing is `unsent`."""
        self.fd = sock.fileno()
        self.watched = 0
        self.unsent: bytes | bytearray = b""
        """What the kernel has not taken yet: a bytearray when there is some."""
        self.ended = False
        """Nothing more is taken to be sent; what is `unsent` may still be on its way."""
        self._wanted = 0
        self._poller = poller

    def received(self, data: bytes) -> None:
        raise AssertionError("a stream's own kind knows what to do with it")

    def lost(self) -> None:
        """It is over, not by our doing; may be called in the middle of a `write`."""

    def read(self, on: bool) -> None:
        """Reads on, or no further for now."""
        self._wanted = READ if on else 0
        if not self.ended:
            self._poller.watch(self, self._wanted | (WRITE if self.unsent else 0))

    def write(self, data: bytes) -> None:
        """In order; never waits. The caller looks at what is `unsent` before."""
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
        """The kernel did not take this: it is sent when it does."""
        self.unsent = bytearray(rest)
        self.renew()
        self._poller.watch(self, self.watched | WRITE)

    def renew(self) -> None:
        """Who has kept `sock` finds it shut from now on."""
        old = self.sock
        if old.fileno() != -1:
            self.sock = socket.socket(old.family, old.type, old.proto, old.detach())
            self.sock.setblocking(False)

    def fail(self) -> None:
        """It is broken."""
        self._close()
        self.lost()

    def end(self) -> None:
        """Closes it once all is sent; until then `abort` ends it."""
        self.ended = True
        if self.unsent:
            self._poller.watch(self, WRITE)
        else:
            self._close()

    def abort(self) -> None:
        """Closes it at once."""
        self._close()

    # --- for the poller --------------------------------------------------------------------------

    def readable(self) -> None:
        try:
            data = self.sock.recv(RECEIVE_BYTES)
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
