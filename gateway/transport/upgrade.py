"""The upgrade: a WebSocket proves that both directions work before a polling browser goes on by it.

Engine.IO 4 protocol, "Upgrading": the browser sends `2probe`, gets `3probe`, and sends `5`.
"""

import asyncio
from typing import Protocol

from gateway.protocol.frames import PROBE_PONG
from gateway.transport.outbox import Outbox
from gateway.transport.websocket import WebSocket

UPGRADE_S = 10.0
"""The browser has this time for its two packets, as with Node's Engine.IO."""


class Upgrading(Protocol):
    """The connection that is being upgraded."""

    outbox: Outbox

    def on_upgraded(self, ws: WebSocket) -> None:
        """The WebSocket has proved itself, and belongs to the connection."""

    def on_upgrade_failed(self) -> None:
        """The connection goes on by polling."""


class Upgrade:
    """Owns the WebSocket until it has proved itself (websocket.WebSocketOwner)."""

    def __init__(self, connection: Upgrading, ws: WebSocket) -> None:
        self._connection = connection
        self._ws: WebSocket | None = ws
        ws.owner = self
        self._expected = ["2probe", "5"]
        self._timer = asyncio.get_running_loop().call_later(UPGRADE_S, self.drop)

    def receive(self, packets: list[str | bytes | None]) -> None:
        for number, packet in enumerate(packets, 1):
            if self._ws is None or packet != self._expected.pop(0):
                return self.drop()
            if self._expected:
                self._ws.write(PROBE_PONG.wire)
                self._connection.outbox.waiting.wake()  # the browser waits for its poll to end
                continue
            self._timer.cancel()
            ws, self._ws = self._ws, None
            self._connection.on_upgraded(ws)
            if packets[number:] and ws.owner is not None:
                ws.owner.receive(packets[number:])
            return

    def end(self) -> None:
        self.drop()

    def refuse(self, why: str) -> None:
        self.drop()

    def drop(self) -> None:
        """Gives the upgrade up, unless the WebSocket has proved itself."""
        self._timer.cancel()
        if self._ws is not None:
            ws, self._ws = self._ws, None
            ws.abort()
            self._connection.on_upgrade_failed()
