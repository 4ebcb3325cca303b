"""The engine as a connection sees it: parts that all connections share, and reports to it.

`server.engineio_server.EngineIOServer` implements it.
"""

from typing import Protocol

from gateway.protocol.sizes import Sizes
from gateway.runtime.work_queue import WorkQueue
from gateway.transport.backlog import Backlog
from gateway.transport.heartbeat import HeartbeatTimes
from gateway.transport.poller import Poller


class EnginePort(Protocol):
    """The Engine.IO server of this gateway."""

    poller: Poller
    heartbeat_times: HeartbeatTimes
    outbox_bytes: int
    work_queue: WorkQueue
    backlog: Backlog
    sizes: Sizes

    def lists(self, sid: str) -> bool:
        """Whether requests with this session id are still led to its connection."""

    def forget(self, sid: str) -> None:
        """The connection with this session id has ended: no request is led to it any more."""

    def malformed(self, why: str) -> None:
        """A browser sent what no browser sends, and its connection is being closed for it."""

    def failed(self) -> None:
        """The connection that met the exception being handled is being closed."""

    def unread(self, remote: str) -> None:
        """The browser at this address does not read, and is being cut off."""
