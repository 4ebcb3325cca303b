"""A store whose disk stands still until it is let go on, or refuses until it is repaired."""

import asyncio
from collections.abc import Sequence

from broker.effects import Fact, Need, Snapshot, Write
from broker.store.base import CommitRefused, Page, Store


class HeldStore:
    """A real store behind a gate. `hold`: commits wait; `refuse`: they fail, as probes do."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open = asyncio.Event()
        self._open.set()
        self._refusal = ""
        self.waiting = asyncio.Event()
        """A commit has arrived at the closed gate."""
        self.commits: list[int] = []
        """How many writes each commit had that went through."""

    def hold(self) -> None:
        self._open.clear()
        self.waiting.clear()

    def let_go(self) -> None:
        self._open.set()

    def refuse(self, why: str = "disk full") -> None:
        self._refusal = why

    def repair(self) -> None:
        self._refusal = ""

    async def open(self, wall: float, seen_after: float, retry_window: float) -> Snapshot:
        return await self._store.open(wall, seen_after, retry_window)

    async def state(self, seen_after: float) -> Snapshot:
        return await self._store.state(seen_after)

    async def commit(self, writes: Sequence[Write], wall: float) -> None:
        if not self._open.is_set():
            self.waiting.set()
            await self._open.wait()
        if self._refusal:
            raise CommitRefused(self._refusal)
        await self._store.commit(writes, wall)
        self.commits.append(len(writes))

    async def learn(self, needs: Sequence[Need]) -> list[Fact]:
        return await self._store.learn(needs)

    async def page(self, room: str, after: int | None, before: int, limit: int) -> Page:
        return await self._store.page(room, after, before, limit)

    async def unread(self, room: str, uid: str) -> int:
        return await self._store.unread(room, uid)

    async def probe(self) -> None:
        if self._refusal:
            raise CommitRefused(self._refusal)
        await self._store.probe()

    def fault(self) -> str:
        return self._store.fault()

    async def close(self) -> None:
        await self._store.close()
