"""The WebSocket of one browser, after its handshake: packets come in, a stream goes out."""

import asyncio
import socket
from typing import Protocol

from gateway.frames import close_frame, pong_frame
from gateway.packets import Malformed
from gateway.poller import Poller
from gateway.reader import BINARY, CLOSE, PING, TEXT, Reader
from gateway.stream import Stream

OWED_BYTES = 64 << 10
"""Who has more than this to read gets no pong, and does not miss it."""
CLOSE_S = 1.0
"""A WebSocket that is being closed is given this long to take what was sent."""
NORMAL, GOING_AWAY, PROTOCOL_ERROR = 1000, 1001, 1002


class Owner(Protocol):
    """Whose WebSocket it is."""

    def take_in(self, packets: list[str | bytes]) -> None: ...

    def end(self) -> None:
        """It is over, not by our doing; may be called in the middle of a `write`."""

    def refuse(self, why: str) -> None:
        """What came is no WebSocket frame, or no text: nothing more can be read."""


class WebSocket(Stream):
    """Takes the socket over; give it an owner, then `read(True)`."""

    __slots__ = ("_reader", "owner")

    def __init__(self, sock: socket.socket, poller: Poller, limit_bytes: int) -> None:
        super().__init__(sock, poller)
        self._reader = Reader(limit_bytes)
        self.owner: Owner | None = None

    def received(self, data: bytes) -> None:
        packets: list[str | bytes] = []
        closed, why = False, ""
        try:
            for opcode, payload in self._reader.feed(data):
                if opcode == TEXT:
                    packets.append(payload.decode())
                elif opcode == BINARY:
                    packets.append(payload)
                elif opcode == PING:
                    if len(self.unsent) <= OWED_BYTES:
                        self.write(pong_frame(payload))
                elif opcode == CLOSE:
                    closed = True
                    break
        except (Malformed, UnicodeDecodeError) as error:
            why = str(error)
        if packets and self.owner is not None:
            self.owner.take_in(packets)
        if self.owner is not None:
            if why:
                self.owner.refuse(why)
            elif closed:
                owner = self.owner
                self.hang_up(NORMAL)
                owner.end()

    def lost(self) -> None:
        if self.owner is not None:
            owner, self.owner = self.owner, None
            owner.end()

    def hang_up(self, code: int) -> None:
        """Ends it with a close frame, after what was sent already. The owner is not told."""
        self.owner = None
        self.write(close_frame(code))
        self.end()
        if self.unsent:  # which a stalled browser would keep for ever
            asyncio.get_running_loop().call_later(CLOSE_S, self.abort)

    def abort(self) -> None:
        self.owner = None
        super().abort()
