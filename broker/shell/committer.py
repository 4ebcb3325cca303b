"""The committer: writes each batch of the service to the store, then releases its effects.

No answer or broadcast leaves the broker before the events that it shows are on disk. Batches
without writes wait for their turn as well, so that no batch overtakes an older one. Within a batch
all answers go out before the first broadcast; broker/effects.py says which order is kept.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from broker.core.batch import Batch
from broker.core.service import Service
from broker.effects import Publish, Release, Send
from broker.shell.merging import merged
from broker.shell.metrics import Metrics
from broker.shell.page_reader import PageReader
from broker.shell.zmq_sockets import BrokerSockets
from broker.store.base import CommitRefused, CommitUnknown, Store
from common.codec import encode
from common.eager import Eager
from common.messages import Happened

RELEASED_AT_ONCE = 500
"""Effects that are released before other callbacks of the loop get their turn."""
log = logging.getLogger(__name__)


class Committer:
    """Commits one batch at a time. Calls `on_idle` when every effect has been released, and
    `on_error` with the exception that ends its work."""

    def __init__(
        self,
        service: Service,
        store: Store,
        sockets: BrokerSockets,
        pages: PageReader,
        metrics: Metrics,
        on_idle: Callable[[], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._service = service
        self._store = store
        self._sockets = sockets
        self._pages = pages
        self._metrics = metrics
        self._on_idle = on_idle
        self._on_error = on_error
        self._running = False
        self._batch_begun = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def flush(self) -> None:
        """Starts to commit what is waiting, if no commit is under way. Call it once a turn."""
        if not self._running and not self._service.is_idle:
            self._running = True
            self._idle.clear()
            Eager(self._run(), self._on_end)

    async def wait_for_room(self) -> None:
        """Waits while the service holds as many effects as it may."""
        while self._service.is_full:
            self._batch_begun.clear()
            await self._batch_begun.wait()

    async def wait_until_idle(self) -> None:
        """Returns when every effect that the service holds has been released, or dropped after a
        failed commit."""
        self.flush()
        await self._idle.wait()

    async def _run(self) -> None:
        while (batch := self._service.next_batch()) is not None:
            self._batch_begun.set()
            failure = await self._commit(batch) if batch.writes else ""
            await self._release(self._service.on_commit(failure))
            self._service.released()

    def _on_end(self, error: BaseException | None) -> None:
        self._running = False
        self._idle.set()
        if error is None:
            self._on_idle()
        else:
            self._on_error(error)

    async def _commit(self, batch: Batch) -> str:
        """Returns an empty string if the batch is on disk, else why that is not certain."""
        began = time.perf_counter()
        try:
            await self._store.commit(batch.writes, time.time())
        except (CommitRefused, CommitUnknown) as error:
            log.error("commit failed: %s", error)
            self._metrics.failed_commits.inc()
            return str(error)
        self._metrics.commit_s.observe(time.perf_counter() - began)
        self._metrics.writes += len(batch.writes)
        return ""

    async def _release(self, releases: Iterable[Release]) -> None:
        publishes: list[Publish] = []
        for count, release in enumerate(releases, 1):
            if isinstance(release, Send):
                self._sockets.send(release.peer, encode(release.answer))
            elif isinstance(release, Publish):
                publishes.append(release)
            else:
                await self._pages.add(release)
            if count % RELEASED_AT_ONCE == 0:
                await asyncio.sleep(0)
        events = 0
        for count, publish in enumerate(merged(publishes), 1):
            self._sockets.publish(publish.topic, encode(publish.message))
            if isinstance(publish.message, Happened):
                events += len(publish.message.events)
            if count % RELEASED_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._metrics.events += events
        self._sockets.look()
