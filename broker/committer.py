"""The committer: nothing leaves the broker before what it rests on is on disk.

One batch is committed at a time; meanwhile the next one gathers. Batches are released in turn,
those without writes as well, so that nothing overtakes.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from broker.effects import (
    Append,
    Effect,
    Publish,
    PutSession,
    Release,
    Send,
    SendPage,
    SendRooms,
    Stored,
    Write,
)
from broker.merging import merged
from broker.metrics import Metrics
from broker.pages import Pages
from broker.store.base import CommitRefused, CommitUnknown, Store
from broker.wire import Wire
from common.eager import Eager
from common.frames import encode
from common.messages import AnyAnswer, Failed, Happened

BATCH_EFFECTS = 20_000
BATCH_BYTES = 32 << 20
"""A gathering batch above either is full: the broker reads no more until it is taken."""
RELEASED_AT_ONCE = 500
log = logging.getLogger(__name__)


class Batch:
    """Effects of many commands, in their order."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.releases: list[Release] = []
        self._bytes = 0

    def add(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if not isinstance(effect, Stored):
                self.releases.append(effect)
                continue
            self.writes.append(effect)
            if isinstance(effect, Append):
                self._bytes += len(effect.event.text) * 4
            elif isinstance(effect, PutSession):
                self._bytes += len(effect.rooms) * 100

    def is_full(self) -> bool:
        return len(self.writes) + len(self.releases) > BATCH_EFFECTS or self._bytes > BATCH_BYTES

    def __bool__(self) -> bool:
        return bool(self.writes or self.releases)


class Committer:
    """`ended` is told of what it does not survive."""

    def __init__(
        self,
        store: Store,
        wire: Wire,
        pages: Pages,
        metrics: Metrics,
        ended: Callable[[BaseException], None],
    ) -> None:
        self._store = store
        self._wire = wire
        self._pages = pages
        self._metrics = metrics
        self._ended = ended
        self._gathering = Batch()
        self._working = False
        self._taken = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._written = 0
        self.failed = ""
        """Why everything is refused, from a failed commit on until `restart`."""

    def add(self, effects: Sequence[Effect]) -> None:
        """What a command made: never half of it, and never waiting."""
        if effects:
            self._gathering.add(effects)
            self._idle.clear()

    def flush(self) -> None:
        """What was added goes to the store, as soon as that is free. To be called once a turn."""
        if self._gathering and not self._working:
            self._working = True
            Eager(self._work(), self._worked)

    def fail(self, why: str) -> None:
        """The core is not to be trusted: everything not yet committed is refused."""
        self.failed = why

    def take_written(self) -> int:
        """How many writes have come on disk since it was last asked."""
        written, self._written = self._written, 0
        return written

    async def has_room(self) -> None:
        while self._gathering.is_full():
            self._taken.clear()
            await self._taken.wait()

    async def idle(self) -> None:
        """Returns when all that was added is released or refused."""
        self.flush()
        await self._idle.wait()

    def restart(self) -> None:
        """After a failure, when idle: what is added from now on comes from a new core."""
        self.failed = ""
        self._written = 0

    async def _work(self) -> None:
        while self._gathering:
            batch, self._gathering = self._gathering, Batch()
            self._taken.set()
            on_disk = await self._commit(batch)
            await self._release(batch.releases if on_disk else _refused(batch))

    def _worked(self, error: BaseException | None) -> None:
        self._working = False
        self._idle.set()
        if error is not None:
            self._ended(error)

    async def _commit(self, batch: Batch) -> bool:
        if not batch.writes or self.failed:
            return not self.failed
        began = time.perf_counter()
        try:
            await self._store.commit(batch.writes, time.time())
        except (CommitRefused, CommitUnknown) as error:
            log.error("commit failed: %s", error)
            self._metrics.refused.inc()
            self.failed = str(error)
            return False
        self._metrics.commit_s.observe(time.perf_counter() - began)
        self._metrics.writes += len(batch.writes)
        self._written += len(batch.writes)
        return True

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


def _refused(batch: Batch) -> Iterator[Release]:
    """What is left of a batch that did not come on disk: pages, and that it is not known."""
    for release in batch.releases:
        match release:
            case Send(peer, answer):
                yield Send(peer, unavailable(answer))
            case SendPage() | SendRooms():
                yield release
            case Publish():
                pass


def unavailable(answer: AnyAnswer) -> AnyAnswer:
    if isinstance(answer, Failed):
        return answer
    return Failed(
        term=answer.term,
        no=answer.no,
        code="unavailable",
        message="the store takes nothing at the moment; try again with the same id",
    )
