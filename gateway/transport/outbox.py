"""The outbox: all that goes to one browser, in order, in bounded bytes."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from gateway.protocol.frames import Frame
from gateway.transport.stream import Stream

ANSWER_S = 5.0
"""Time for a browser to take the answer to its last poll."""


class Sendable(Protocol):
    """A Frame or a Batch."""

    @property
    def wire(self) -> bytes: ...
    @property
    def frames(self) -> Sequence[Frame]: ...


class Outbox:
    """Before a WebSocket is there frames wait for the next poll; `go_direct` empties what waits
    into the WebSocket's stream, and from then on nothing is queued here again.

    So order is kept without a writer task: at any moment there is one way out. What the stream
    could not send yet, and what the last poll's answer could not, counts as owed too.
    """

    __slots__ = ("limit_bytes", "polled", "stream")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.polled: Polled | None = None
        """Where frames wait; made with the first, since most connections never need it."""
        self.stream: Stream | None = None
        """Where to write directly; None while polling, and at the end."""

    @property
    def owed_bytes(self) -> int:
        """Bytes that are not with the kernel yet."""
        if self.stream is not None:
            return len(self.stream.unsent)
        return 0 if self.polled is None else self.polled.owed_bytes

    def put(self, sendable: Sendable) -> bool:
        """False: too much is owed, cut this browser off; nothing was sent. Asked before a write,
        not after it, so that one answer may be larger than the limit (pages are bounded elsewhere).
        """
        if self.owed_bytes > self.limit_bytes:
            return False
        if self.stream is not None:
            self.stream.write(sendable.wire)
        else:
            self.waiting.put(sendable)
        return True

    @property
    def waiting(self) -> "Polled":
        if self.polled is None:
            self.polled = Polled()
        return self.polled

    def take(
        self, answering: asyncio.WriteTransport | None = None, most: int | None = None
    ) -> list[Frame]:
        """What waits, at most so many frames of it, to answer a poll that came on the transport
        `answering`."""
        return self.waiting.take(answering, most)

    def go_direct(self, stream: Stream) -> None:
        """From now on all goes to this stream, first what has waited."""
        self.stream = stream
        polled, self.polled = self.polled, None
        if polled is not None:
            waited = polled.take()
            if waited:
                stream.write(b"".join([frame.wire for frame in waited]))
            polled.wake()

    def shut(self) -> None:
        """Nothing more goes out; what was put is on its way. Rooms that have kept the way straight
        to the kernel find it shut."""
        if self.stream is not None:
            self.stream.renew()
            self.stream = None

    def drop(self) -> None:
        """Forgets all that waits: the connection is over."""
        self.stream = None
        if self.polled is not None:
            self.polled.end()


class Polled:
    """What waits for the next poll."""

    __slots__ = ("_answering", "_bytes", "_frames", "_waiter")

    def __init__(self) -> None:
        self._frames: list[Frame] = []
        self._bytes = 0
        self._answering: asyncio.WriteTransport | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def owed_bytes(self) -> int:
        answering = 0 if self._answering is None else self._answering.get_write_buffer_size()
        return self._bytes + answering

    def put(self, sendable: Sendable) -> None:
        self._frames.extend(sendable.frames)
        self._bytes += len(sendable.wire)
        self.wake()

    @property
    def empty(self) -> bool:
        return not self._frames

    def take(
        self, answering: asyncio.WriteTransport | None = None, most: int | None = None
    ) -> list[Frame]:
        self._answering = answering
        taken = self._frames[:most]
        del self._frames[:most]
        self._bytes -= sum(len(frame.wire) for frame in taken)
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

    def end(self) -> None:
        """Nothing more is sent; a last answer that is stuck is given some time."""
        if self._answering is not None:
            asyncio.get_running_loop().call_later(ANSWER_S, self._answering.abort)
        self.take()
        self.wake()
