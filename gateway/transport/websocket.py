"""The WebSocket of one browser, after its handshake: packets come in, a stream goes out."""

import asyncio
import socket
from typing import Protocol

from gateway.protocol.frames import close_frame, pong_frame
from gateway.protocol.packets import Head, Malformed
from gateway.protocol.sizes import Sizes
from gateway.protocol.websocket_frames import BINARY, CLOSE, LARGE, PART, PING, TEXT, FrameReader
from gateway.runtime.work_queue import WorkQueue
from gateway.transport.backlog import Backlog
from gateway.transport.idle import Idle
from gateway.transport.poller import Poller
from gateway.transport.stream import Stream

OWED_BYTES = 64 << 10
"""Who has more than this to read gets no pong, and does not miss it."""
CLOSE_S = 1.0
"""A WebSocket that is being closed is given this long to take what was sent."""
TURN_FRAMES = 128
"""After so many frames of one browser the others have their turn."""
PART_BYTES = 256
"""Nobody cuts messages into smaller parts than this."""
NORMAL, GOING_AWAY, PROTOCOL_ERROR = 1000, 1001, 1002


class WebSocketOwner(Protocol):
    """Whose WebSocket it is."""

    def take_in(self, packets: list[str | bytes | None]) -> None:
        """What has come, in order: None is a binary message that was too large."""

    def end(self) -> None:
        """It is over, not by our doing; may be called in the middle of a `write`."""

    def refuse(self, why: str) -> None:
        """What came is no WebSocket frame, or no text, or too much: nothing more is read."""


class WebSocketContext(Protocol):
    """What all WebSockets of a gateway share."""

    poller: Poller
    slices: WorkQueue
    backlog: Backlog
    sizes: Sizes


class WebSocket(Stream):
    """Takes the socket over; give it an owner, then `read(True)`. It is slices.Work, and
    backlog.Holder for what is not read to its end."""

    __slots__ = ("_backlog", "_behind", "_idle", "_kept", "_reader", "_reads", "_slices", "owner")

    def __init__(self, sock: socket.socket, means: WebSocketContext) -> None:
        super().__init__(sock, means.poller)
        self._slices = means.slices
        self._backlog = means.backlog
        self._reader = FrameReader(means.sizes)
        self._idle: Idle | None = None
        self._kept = 0
        self._reads = False
        self._behind = False
        """Frames that have come wait for the next turn: no more are fetched from the kernel."""
        self.owner: WebSocketOwner | None = None

    def read(self, on: bool) -> None:
        self._reads = on
        if not self._behind:
            super().read(on)
        elif on:
            self._slices.wake(self)

    def received(self, data: bytes) -> None:
        self._reader.feed(data)
        if self._hear():
            self._behind = True
            super().read(False)
            self._slices.wake(self)

    def step(self) -> bool:
        """The next frames of those that have come (slices.Work)."""
        if not self._reads or self.owner is None or self._hear():
            return self._reads and self.owner is not None
        self._behind = False
        super().read(self._reads)
        return False

    def failed(self) -> None:
        self.fail()

    def _hear(self) -> bool:
        """Hears some frames; True: there may be more."""
        packets: list[str | bytes | None] = []
        idle, closed, why, more = 0, False, "", True
        try:
            for _ in range(TURN_FRAMES):
                frame = self._reader.next()
                if frame is None:
                    more = False
                    break
                opcode, payload = frame
                if opcode == TEXT:
                    packets.append(payload.decode())
                elif opcode == BINARY:
                    packets.append(payload)
                elif opcode == TEXT | LARGE:
                    packets.append(Head(payload.decode(errors="ignore")))
                elif opcode == BINARY | LARGE:
                    packets.append(None)
                elif opcode == CLOSE:
                    closed = True
                    break
                elif opcode != PART or len(payload) < PART_BYTES:
                    idle += 1
                    if opcode == PING and len(self.unsent) <= OWED_BYTES:
                        self.write(pong_frame(payload))
            if idle:
                self._idle = self._idle or Idle()
                self._idle.add(idle, self._slices.now())
        except (Malformed, UnicodeDecodeError) as error:
            why = str(error)
        self._count()
        if packets and self.owner is not None:
            self.owner.take_in(packets)
        if self.owner is not None:
            if why:
                self.owner.refuse(why)
            elif closed:
                owner = self.owner
                self.hang_up(NORMAL)
                owner.end()
        return more and self.owner is not None

    def _count(self) -> None:
        """Tells the backlog what is kept now."""
        kept = 0 if self.owner is None else self._reader.kept_bytes
        if kept != self._kept:
            self._kept = kept
            self._backlog.hold(self, kept)

    def crowd_out(self) -> None:
        """(backlog.Holder)"""
        self._kept = 0
        if self.owner is not None:
            self.owner.refuse("a frame that is not finished, while there are too many of them")
        else:
            self.abort()

    def lost(self) -> None:
        if self.owner is not None:
            owner, self.owner = self.owner, None
            self._count()
            owner.end()

    def hang_up(self, code: int) -> None:
        """Ends it with a close frame, after what was sent already. The owner is not told."""
        self.owner = None
        self._count()
        self.write(close_frame(code))
        self.end()
        if self.unsent:  # which a stalled browser would keep for ever
            asyncio.get_running_loop().call_later(CLOSE_S, self.abort)

    def abort(self) -> None:
        self.owner = None
        self._count()
        super().abort()
