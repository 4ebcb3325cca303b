"""The outbox: everything that is sent to one browser, in order, in bounded bytes."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from gateway.protocol.frames import Frame
from gateway.transport.stream import Stream

ANSWER_S = 5.0
"""A browser has this time to read the answer to its last poll."""


class Sendable(Protocol):
    """A Frame or a Batch."""

    @property
    def wire(self) -> bytes: ...
    @property
    def frames(self) -> Sequence[Frame]: ...


class Answering(Protocol):
    """The way on which a poll is answered: one of asyncio's transports, for example."""

    def is_closing(self) -> bool:
        """The answer would not arrive."""

    def get_write_buffer_size(self) -> int:
        """Bytes that the kernel has not taken yet."""

    def abort(self) -> None: ...


class Outbox:
    """While the browser polls, frames wait for its next poll. `go_direct` writes those that wait to
    the WebSocket's stream, and from then on nothing is queued here again.

    So the order is kept without a writer task: at any moment there is one way out. Bytes that the
    stream, or the answer to the last poll, could not send yet count as unsent too.
    """

    __slots__ = ("limit_bytes", "polled", "stream")

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.polled: PollQueue | None = None
        """The frames that wait. It is made with the first, since most connections never poll."""
        self.stream: Stream | None = None
        """The WebSocket; None while the browser polls, and at the end."""

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the kernel has not taken yet."""
        if self.stream is not None:
            return len(self.stream.unsent)
        return 0 if self.polled is None else self.polled.unsent_bytes

    def put(self, sendable: Sendable) -> bool:
        """Sends or queues it. Returns False, and sends nothing, if more than the limit is unsent:
        the browser has to be cut off. The limit is compared before a write and not after it, so
        that one answer may be larger than the limit (pages are bounded elsewhere)."""
        if self.unsent_bytes > self.limit_bytes:
            return False
        if self.stream is not None:
            self.stream.write(sendable.wire)
        else:
            self.waiting.put(sendable)
        return True

    @property
    def waiting(self) -> "PollQueue":
        if self.polled is None:
            self.polled = PollQueue()
        return self.polled

    def take(self, answering: Answering | None = None, limit: int | None = None) -> list[Frame]:
        """Removes and returns the first frames that wait, at most `limit`, to answer a poll by
        `answering`."""
        return self.waiting.take(answering, limit)

    def answered(self, answering: Answering) -> None:
        """All of the last answer by `answering` was sent, which may serve other sessions next."""
        if self.polled is not None:
            self.polled.answered(answering)

    def go_direct(self, stream: Stream) -> None:
        """From now on everything goes to this stream, first the frames that have waited."""
        self.stream = stream
        polled, self.polled = self.polled, None
        if polled is not None:
            waited = polled.take()
            if waited:
                stream.write(b"".join([frame.wire for frame in waited]))
            polled.wake()

    def shut(self) -> None:
        """Nothing more goes out; what was put is on its way. Send lists that keep the stream's
        socket find it closed."""
        if self.stream is not None:
            self.stream.renew()
            self.stream = None

    def drop(self) -> None:
        """Forgets everything that waits: the connection is over."""
        self.stream = None
        if self.polled is not None:
            self.polled.end()


class PollQueue:
    """Frames that wait for the next poll."""

    __slots__ = ("_answering", "_bytes", "_frames", "_waiter")

    def __init__(self) -> None:
        self._frames: list[Frame] = []
        self._bytes = 0
        self._answering: Answering | None = None
        """The way on which the last poll is answered."""
        self._waiter: asyncio.Future[None] | None = None

    @property
    def unsent_bytes(self) -> int:
        answering = 0 if self._answering is None else self._answering.get_write_buffer_size()
        return self._bytes + answering

    def put(self, sendable: Sendable) -> None:
        self._frames.extend(sendable.frames)
        self._bytes += len(sendable.wire)
        self.wake()

    @property
    def empty(self) -> bool:
        return not self._frames

    def take(self, answering: Answering | None = None, limit: int | None = None) -> list[Frame]:
        """See `Outbox.take`."""
        self._answering = answering
        taken = self._frames[:limit]
        del self._frames[:limit]
        self._bytes -= sum(len(frame.wire) for frame in taken)
        return taken

    def answered(self, answering: Answering) -> None:
        """See `Outbox.answered`."""
        if self._answering is answering:
            self._answering = None

    async def wait(self, timeout_s: float) -> None:
        """Waits until there is a frame to take, `wake` is called, or the time is over. If another
        call waits already, this one returns at once."""
        if self._frames or self._waiter is not None:
            return
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        timer = loop.call_later(timeout_s, self.wake)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def abort(self) -> None:
        """Ends the answer to the last poll, if the browser does not read it."""
        if self._answering is not None and self._answering.get_write_buffer_size():
            self._answering.abort()

    def end(self) -> None:
        """Nothing more is sent; a last answer that the browser does not read ends after
        ANSWER_S."""
        if self._answering is not None:
            asyncio.get_running_loop().call_later(ANSWER_S, _abort_unread, self._answering)
        self.take()
        self.wake()


def _abort_unread(answering: Answering) -> None:
    """Other sessions may use the connection as well, once the answer was read."""
    if answering.get_write_buffer_size():
        answering.abort()
