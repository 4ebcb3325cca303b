"""The committer: commits the service's batches and releases them, one after the other.

Nothing leaves the broker before what it rests on is on disk. Batches without writes are released in
turn as well, so that nothing overtakes.
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
log = logging.getLogger(__name__)


class Committer:
    """`on_idle` is called when every effect has been released; `on_error` with what ends it."""

    def __init__(
        self,
        service: Service,
        store: Store,
        wire: BrokerSockets,
        pages: PageReader,
        metrics: Metrics,
        on_idle: Callable[[], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._service = service
        self._store = store
        self._wire = wire
        self._pages = pages
        self._metrics = metrics
        self._on_idle = on_idle
        self._on_error = on_error
        self._working = False
        self._taken = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def flush(self) -> None:
        """Commits what has gathered, as soon as the store is free. To be called once a turn."""
        if not self._working and not self._service.is_idle:
            self._working = True
            self._idle.clear()
            Eager(self._work(), self._worked)

    async def has_room(self) -> None:
        """Waits while so many effects are gathered that no more may be added."""
        while self._service.is_full:
            self._taken.clear()
            await self._taken.wait()

    async def idle(self) -> None:
        """Returns when everything that was added is released or refused."""
        self.flush()
        await self._idle.wait()

    async def _work(self) -> None:
        while (batch := self._service.next_batch()) is not None:
            self._taken.set()
            failure = await self._commit(batch) if batch.writes else ""
            await self._release(self._service.on_commit(failure))
            self._service.released()

    def _worked(self, error: BaseException | None) -> None:
        self._working = False
        self._idle.set()
        if error is None:
            self._on_idle()
        else:
            self._on_error(error)

    async def _commit(self, batch: Batch) -> str:
        """Returns why it is not known whether the batch is on disk; nothing if it is."""
        began = time.perf_counter()
        try:
            await self._store.commit(batch.writes, time.time())
        except (CommitRefused, CommitUnknown) as error:
            log.error("commit failed: %s", error)
            self._metrics.refused.inc()
            return str(error)
        self._metrics.commit_s.observe(time.perf_counter() - began)
        self._metrics.writes += len(batch.writes)
        return ""

    async def _release(self, releases: Iterable[Release]) -> None:
        publishes: list[Publish] = []
        for count, release in enumerate(releases, 1):
            if isinstance(release, Send):
                self._wire.send(release.peer, encode(release.answer))
            elif isinstance(release, Publish):
                publishes.append(release)
            else:
                await self._pages.put(release)
            if count % RELEASED_AT_ONCE == 0:
                await asyncio.sleep(0)
        events = 0
        for count, publish in enumerate(merged(publishes), 1):
            self._wire.publish(publish.topic, encode(publish.message))
            if isinstance(publish.message, Happened):
                events += len(publish.message.events)
            if count % RELEASED_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._metrics.events += events
        self._wire.look()
