"""The WebSocket of one browser after its handshake: frames in, a stream of bytes out (RFC 6455)."""

import asyncio
import socket
from typing import Protocol

from gateway.protocol.frames import close_frame, pong_frame
from gateway.protocol.packets import Head, Malformed
from gateway.protocol.sizes import Sizes
from gateway.protocol.websocket_frames import (
    BINARY,
    CLOSE,
    FRAGMENT,
    LARGE,
    PING,
    TEXT,
    FrameReader,
)
from gateway.runtime.work_queue import WorkQueue
from gateway.transport.backlog import Backlog
from gateway.transport.idle import IdleTraffic
from gateway.transport.poller import Poller
from gateway.transport.stream import Stream

PONG_LIMIT_BYTES = 64 << 10
"""A browser for which more than this is unsent gets no pongs: they would only add to it."""
CLOSE_S = 1.0
"""A browser has this time to read what was sent before a close frame."""
TURN_FRAMES = 128
"""After so many frames of one browser, other browsers have their turn."""
PART_BYTES = 256
"""No library cuts messages into smaller parts than this: smaller ones count as idle frames."""
NORMAL, GOING_AWAY, PROTOCOL_ERROR = 1000, 1001, 1002


class WebSocketOwner(Protocol):
    """The connection, or the upgrade, to which a WebSocket belongs."""

    def receive(self, packets: list[str | bytes | None]) -> None:
        """These Engine.IO packets have come, in order. None is a binary one that was too large."""

    def end(self) -> None:
        """The WebSocket is over, not by our doing. This may be called in the middle of a
        `write`."""

    def refuse(self, why: str) -> None:
        """The browser sent bytes that are no WebSocket frame, or no text, or too many."""


class WebSocketContext(Protocol):
    """The parts that all WebSockets of a gateway share."""

    poller: Poller
    work_queue: WorkQueue
    backlog: Backlog
    sizes: Sizes


class WebSocket(Stream):
    """Owns the socket. It needs an owner, and then a `start`. It is work_queue.Work, so that a
    browser with many frames keeps nobody waiting, and a backlog.BacklogHolder for a message that
    is not complete."""

    __slots__ = (
        "_backlog",
        "_has_frames",
        "_idle",
        "_kept_bytes",
        "_reader",
        "_reading",
        "_work_queue",
        "owner",
    )

    def __init__(self, sock: socket.socket, context: WebSocketContext) -> None:
        super().__init__(sock, context.poller)
        self._work_queue = context.work_queue
        self._backlog = context.backlog
        self._reader = FrameReader(context.sizes)
        self._idle: IdleTraffic | None = None
        self._kept_bytes = 0
        self._reading = False
        self._has_frames = False
        """Frames that have come wait for the next step: no more bytes are read from the kernel."""
        self.owner: WebSocketOwner | None = None

    def start(self, early: bytes) -> None:
        """Reads from now on; `early` has come already."""
        self.read(True)
        if early and self.owner is not None:
            try:
                self.received(early)
            except Exception:  # the poller knows the socket, so that nobody else may close it
                self.fail()
                raise

    def read(self, on: bool) -> None:
        self._reading = on
        if not self._has_frames:
            super().read(on)
        elif on:
            self._work_queue.wake(self)

    def received(self, data: bytes) -> None:
        text = self._reader.read_short(data)
        if text is not None and self.owner is not None:
            return self.owner.receive([text])
        self._reader.feed(data)
        if self._handle_some():
            self._has_frames = True
            super().read(False)
            self._work_queue.wake(self)

    def step(self) -> bool:
        """Handles the next frames that have come (work_queue.Work)."""
        if not self._reading or self.owner is None or self._handle_some():
            return self._reading and self.owner is not None
        self._has_frames = False
        super().read(self._reading)
        return False

    def failed(self) -> None:
        self.fail()

    def _handle_some(self) -> bool:
        """Handles some frames. Returns whether there may be more."""
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
                elif opcode != FRAGMENT or len(payload) < PART_BYTES:
                    idle += 1
                    if opcode == PING and len(self.unsent) <= PONG_LIMIT_BYTES:
                        self.write(pong_frame(payload))
            if idle:
                self._idle = self._idle or IdleTraffic()
                self._idle.add(idle, self._work_queue.now())
        except (Malformed, UnicodeDecodeError) as error:
            why = str(error)
        self._update_backlog()
        if packets and self.owner is not None:
            self.owner.receive(packets)
        if self.owner is not None:
            if why:
                self.owner.refuse(why)
            elif closed:
                owner = self.owner
                self.hang_up(NORMAL)
                owner.end()
        return more and self.owner is not None

    def _update_backlog(self) -> None:
        """Reports to the backlog how many bytes are kept now."""
        kept = 0 if self.owner is None else self._reader.kept_bytes
        if kept != self._kept_bytes:
            self._kept_bytes = kept
            self._backlog.hold(self, kept)

    def crowd_out(self) -> None:
        """(backlog.BacklogHolder)"""
        self._kept_bytes = 0
        if self.owner is not None:
            self.owner.refuse("too many frames are unfinished, and this one for longest")
        else:
            self.abort()

    def lost(self) -> None:
        if self.owner is not None:
            owner, self.owner = self.owner, None
            self._update_backlog()
            owner.end()

    def hang_up(self, code: int) -> None:
        """Ends it with a close frame after everything sent before. The owner is not called."""
        self.owner = None
        self._update_backlog()
        self.write(close_frame(code))
        self.end()
        if self.unsent:  # a browser that does not read would keep it for ever
            asyncio.get_running_loop().call_later(CLOSE_S, self.abort)

    def abort(self) -> None:
        self.owner = None
        self._update_backlog()
        super().abort()
