"""The context of a gateway's rooms: what all rooms share."""

from collections.abc import Callable
from typing import Protocol

from common.messages import GetPage, Paged
from common.settings import Settings
from gateway.rooms.plain_rosters import PlainRosters
from gateway.rooms.sessions import Sessions
from gateway.rooms.tail_budget import TailBudget
from gateway.runtime.metrics import Metrics
from gateway.runtime.ports import Broker, Loop, report_fault
from gateway.runtime.questions import RETRY_S, ask_until_answered
from gateway.runtime.work_queue import WorkQueue


class Waiting(Protocol):
    """The catch-ups of a room, some of which may wait until browsers have read."""

    def wake(self) -> None:
        """Gives each of them a turn."""


class RoomContext:
    """The parts that all rooms use, made once for a gateway. It knows no room class."""

    def __init__(
        self,
        settings: Settings,
        link: Broker,
        sessions: Sessions,
        metrics: Metrics,
        rosters: PlainRosters,
        loop: Loop,
        chunk_sockets: int,
    ) -> None:
        self.work_queue = WorkQueue(loop)
        self.sessions = sessions
        self.metrics = metrics
        self.rosters = rosters
        self.tail_budget = TailBudget(settings.tail_bytes)
        self.newest_page = (settings.replay, settings.replay_events + 1)
        """How many messages, and at most how many events, the newest page has."""
        self.chunk_sockets = chunk_sockets
        """A broadcast sends to at most this many sockets in one step."""
        self.catching_up: dict[Waiting, None] = {}
        """The catch-ups of each room where at least one socket is being caught up."""
        self._link = link
        self._loop = loop

    def ask_page(
        self, make: Callable[[int], GetPage | None], on_page: Callable[[Paged], None]
    ) -> None:
        """Requests a page from the broker until it comes, or until `make` returns None: see
        `ask_until_answered`."""
        ask_until_answered(self._link, self._loop, make, Paged, on_page)

    def later(self, call: Callable[[], None]) -> None:
        """Calls `call` after RETRY_S."""
        self._loop.call_later(RETRY_S, call)

    def fault(self, what: str, error: Exception) -> None:
        """Reports a fault of our own that was caught."""
        report_fault(self._loop, what, error)
