"""The outbox: all that goes to one browser, in order, in bounded bytes."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from gateway.frames import Frame


class Sendable(Protocol):
    """A Frame or a Batch."""

    @property
    def wire(self) -> bytes: ...
    @property
    def frames(self) -> Sequence[Frame]: ...


class Outbox:
    """Before a WebSocket is there frames wait in a queue for the next poll; `go_direct` empties it
    into the WebSocket's transport, and from then on nothing is queued here again.

    So order is kept without a writer task: at any moment there is one way out. What the transport
    could not send yet, and what the last poll's answer could not, counts as owed too.
    """

    __slots__ = ("_answering", "_frames", "_queued_bytes", "_waiter", "limit_bytes", "transport")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._frames: deque[Frame] | None = None  # most connections never need one
        self._queued_bytes = 0
        self._answering: asyncio.WriteTransport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.transport: asyncio.WriteTransport | None = None
        """Where to write directly; None while polling, and at the end."""

    @property
    def owed_bytes(self) -> int:
        """Bytes that are not with the kernel yet."""
        if self.transport is not None:
            return self.transport.get_write_buffer_size()
        answering = 0 if self._answering is None else self._answering.get_write_buffer_size()
        return self._queued_bytes + answering

    @property
    def overdue(self) -> bool:
        """More is owed than may be. Asked before a write, not after it, so that one answer may be
        larger than the limit (pages are bounded elsewhere)."""
        return self.owed_bytes > self.limit_bytes

    def put(self, sendable: Sendable) -> bool:
        """False: too much is owed, cut this browser off; nothing was sent."""
        if self.overdue:
            return False
        if self.transport is not None:
            if not self.transport.is_closing():
                self.transport.write(sendable.wire)
            return True
        if self._frames is None:
            self._frames = deque()
        self._frames.extend(sendable.frames)
        self._queued_bytes += len(sendable.wire)
        self.wake()
        return True

    def go_direct(self, transport: asyncio.WriteTransport) -> None:
        """From now on all goes to this transport, first what has waited."""
        self._answering = None
        waited = self.take()
        self.transport = transport
        if waited:
            transport.write(b"".join([frame.wire for frame in waited]))
        self.wake()

    def take(self, answering: asyncio.WriteTransport | None = None) -> list[Frame]:
        """All that waits, to answer a poll that came on the transport `answering`."""
        self._answering = answering
        taken = list(self._frames or ())
        self._frames = None
        self._queued_bytes = 0
        return taken

    async def wait(self, timeout_s: float) -> None:
        """Until there is something to take, `wake` is called, or the time is over. One waits."""
        if self._frames or self._waiter is not None:
            return
        self._waiter = waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await waiter
        except TimeoutError:
            pass
        finally:
            self._waiter = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def abort(self) -> None:
        """Ends the answer to the last poll, if it is stuck."""
        if self._answering is not None and self._answering.get_write_buffer_size():
            self._answering.abort()

    def drop(self) -> None:
        """Forgets all that waits: the connection is over."""
        self.take()
        self.transport = None
        self.wake()
