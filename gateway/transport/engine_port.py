"""The front: what a connection asks of the engine that it belongs to, and tells it."""

from typing import TYPE_CHECKING, Protocol

from gateway.protocol.attachments import Whole
from gateway.protocol.sizes import Sizes
from gateway.runtime.work_queue import WorkQueue
from gateway.transport.backlog import Backlog
from gateway.transport.heartbeat import Limits
from gateway.transport.poller import Poller

if TYPE_CHECKING:
    from gateway.transport.connection import Connection


class Front(Protocol):
    """Implemented by `eio.Engine`."""

    sockets: dict[str, "Connection"]
    poller: Poller
    pulses: Limits
    outbox_bytes: int
    slices: WorkQueue
    backlog: Backlog
    sizes: Sizes

    def heard(self, connection: "Connection", text: str) -> None:
        """A Socket.IO packet. Raises Malformed."""

    def completed(self, connection: "Connection", packet: Whole) -> None:
        """The attachments of this packet have come."""

    def ended(self, connection: "Connection") -> None:
        """It is over. Once."""

    def malformed(self, connection: "Connection", why: str) -> None:
        """It sent what no browser sends, and is being closed for it."""

    def failed(self, connection: "Connection") -> None:
        """An exception of our own is being handled; it is being closed."""

    def unread(self, connection: "Connection") -> None:
        """It does not read, and is being cut off."""
