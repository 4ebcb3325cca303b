"""The front: what a connection asks of the engine that it belongs to, and tells it."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gateway.connection import Connection


class Front(Protocol):
    """Implemented by `eio.Engine`."""

    sockets: dict[str, "Connection"]
    ping_interval: float
    ping_timeout: float
    connect_timeout: float
    max_http_buffer_size: int

    async def heard(self, connection: "Connection", text: str) -> None:
        """A Socket.IO packet. Raises Malformed."""

    def ended(self, connection: "Connection") -> None:
        """It is over. Once."""

    def malformed(self, connection: "Connection", why: str) -> None:
        """It sent what no browser sends, and is being closed for it."""

    def failed(self, connection: "Connection") -> None:
        """An exception of our own is being handled; it is being closed."""

    def unread(self, connection: "Connection") -> None:
        """It does not read, and is being cut off."""
