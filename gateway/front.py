"""The front: what a connection asks of the engine that it belongs to, and tells it."""

from typing import TYPE_CHECKING, Any, Protocol

from gateway.poller import Poller
from gateway.pulse import Limits

if TYPE_CHECKING:
    from gateway.connection import Connection


class Front(Protocol):
    """Implemented by `eio.Engine`."""

    sockets: dict[str, "Connection"]
    poller: Poller
    pulses: Limits
    outbox_bytes: int
    max_http_buffer_size: int
    """The largest packet, or polling request."""

    def bad_request(self, message: str) -> Any:
        """What the library answers a request with: 400."""

    def heard(self, connection: "Connection", text: str) -> None:
        """A Socket.IO packet. Raises Malformed."""

    def ended(self, connection: "Connection") -> None:
        """It is over. Once."""

    def malformed(self, connection: "Connection", why: str) -> None:
        """It sent what no browser sends, and is being closed for it."""

    def failed(self, connection: "Connection") -> None:
        """An exception of our own is being handled; it is being closed."""

    def unread(self, connection: "Connection") -> None:
        """It does not read, and is being cut off."""
