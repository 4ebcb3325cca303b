"""The upgrade: a WebSocket proves itself before a polling browser goes on by it (Engine.IO 4)."""

import asyncio
from typing import Protocol

from gateway.protocol.frames import PROBE_PONG
from gateway.transport.outbox import Outbox
from gateway.transport.websocket import WebSocket

UPGRADE_S = 10.0
"""Time for its packets, as Node's Engine.IO gives it."""


class Upgrading(Protocol):
    """The connection."""

    outbox: Outbox

    def upgraded_to(self, ws: WebSocket) -> None:
        """It goes on by this one, which is its own now."""

    def not_upgraded(self) -> None:
        """It goes on by polling."""


class Upgrade:
    """Owns the WebSocket until it is proven (websocket.Owner)."""

    def __init__(self, connection: Upgrading, ws: WebSocket) -> None:
        self._connection = connection
        self._ws: WebSocket | None = ws
        ws.owner = self
        self._expected = ["2probe", "5"]
        self._timer = asyncio.get_running_loop().call_later(UPGRADE_S, self.drop)

    def take_in(self, packets: list[str | bytes | None]) -> None:
        for number, packet in enumerate(packets, 1):
            if self._ws is None or packet != self._expected.pop(0):
                return self.drop()
            if self._expected:
                self._ws.write(PROBE_PONG.wire)
                self._connection.outbox.waiting.wake()  # the browser waits for its poll to end
                continue
            self._timer.cancel()
            ws, self._ws = self._ws, None
            self._connection.upgraded_to(ws)
            if packets[number:] and ws.owner is not None:
                ws.owner.take_in(packets[number:])
            return

    def end(self) -> None:
        self.drop()

    def refuse(self, why: str) -> None:
        self.drop()

    def drop(self) -> None:
        """Ends it, proven or not yet."""
        self._timer.cancel()
        if self._ws is not None:
            ws, self._ws = self._ws, None
            ws.abort()
            self._connection.not_upgraded()
