"""The visitors of a soak test: they write and listen through all faults, and a verdict follows."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from msgspec import Struct

from scripts.soak.checker import LoggedEvent, find_problems
from scripts.soak.visitor import ConnectionLost, Visitor

POLL_S = 0.01
PACE_S = 0.01
"""The pause of a writer between two messages."""


class Verdict(Struct, frozen=True):
    """The result of a load. `problems` is empty if every promise was kept."""

    problems: list[str]
    acked: int
    """Messages that were acked; each counts once, however often it was acked."""
    archived: int
    """Events of all kinds in the archive."""
    seen: int
    """Events in the views of all visitors."""
    retries: int
    connections: int
    resets: int


class Load:
    """Visitors of some rooms, some of whom write. `loading` makes a load."""

    def __init__(self, visitors: list[Visitor], writers: list[Visitor]) -> None:
        self.visitors = visitors
        self.writers = writers
        self._writing = True

    async def write(self, writer: Visitor) -> None:
        """Sends one message after the other until `finish` is called."""
        name = writer.user
        number = 0
        while self._writing:
            number += 1
            await writer.say(f"{name}.{number}", f"{name} says {number}")
            await asyncio.sleep(PACE_S)

    @property
    def acked(self) -> int:
        return sum(len(writer.acks) for writer in self.writers)

    async def until_acked(self, more: int, within_s: float) -> None:
        """Waits until this many more messages are acked. Raises TimeoutError."""
        wanted = self.acked + more
        await _until(lambda: self.acked >= wanted, within_s)

    async def until_recovered(self, since: float, within_s: float) -> float:
        """Waits until every writer has an ack from after `since` (monotonic) and every listener has
        that message. Returns the seconds since `since`. Raises TimeoutError."""
        end = time.monotonic() + within_s
        await _until(lambda: all(writer.acked_at > since for writer in self.writers), within_s)
        heads: dict[str, int] = {}
        for writer in self.writers:
            heads[writer.room] = max(heads.get(writer.room, 0), writer.acks[-1].seq)
        await _until(
            lambda: all(v.joined.is_set() and v.head >= heads[v.room] for v in self.visitors),
            end - time.monotonic(),
        )
        return time.monotonic() - since

    async def finish(self, within_s: float) -> Verdict:
        """Stops the writers, waits until every visitor has caught up, and checks all histories."""
        self._writing = False
        found: list[str] = []
        archived = 0
        for room in {visitor.room for visitor in self.visitors}:
            here = [visitor for visitor in self.visitors if visitor.room == room]
            try:
                async with asyncio.timeout(within_s):
                    archive = await self._read_archive(here)
            except TimeoutError:
                found.append(f"{room}: not every listener caught up within {within_s} s")
                continue
            archived += len(archive)
            acks = [ack for visitor in here for ack in visitor.acks]
            views = {visitor.user: visitor.view for visitor in here}
            found += [f"{room}: {problem}" for problem in find_problems(archive, acks, views)]
        found += [complaint for visitor in self.visitors for complaint in visitor.complaints]
        return Verdict(
            problems=found,
            acked=sum(len({ack.id for ack in writer.acks}) for writer in self.writers),
            archived=archived,
            seen=sum(len(visitor.view) for visitor in self.visitors),
            retries=sum(visitor.retries for visitor in self.visitors),
            connections=sum(visitor.connections for visitor in self.visitors),
            resets=sum(visitor.resets for visitor in self.visitors),
        )

    async def _read_archive(self, here: list[Visitor]) -> list[LoggedEvent]:
        """Reads the archive of a room again and again until these visitors have seen its end."""
        while True:
            try:
                await here[0].joined.wait()
                archive = await here[0].archive()
            except (ConnectionLost, TimeoutError):
                continue
            if all(visitor.head == len(archive) for visitor in here):
                return archive
            await asyncio.sleep(POLL_S * 10)


@asynccontextmanager
async def loading(
    urls: list[str], prefix: str, rooms: int = 2, writers: int = 3, listeners: int = 2
) -> AsyncIterator[Load]:
    """A running load: all visitors have joined. `writers` and `listeners` count for each room."""
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
        visitors = [
            Visitor(http, _rotated(urls, number), f"{prefix}-{room}-{number}", f"{prefix}-{room}")
            for number in range(writers + listeners)
            for room in range(rooms)
        ]
        load = Load(visitors, visitors[: writers * rooms])
        running = [tasks.create_task(visitor.run()) for visitor in visitors]
        await asyncio.gather(*(visitor.joined.wait() for visitor in visitors))
        running += [tasks.create_task(load.write(writer)) for writer in load.writers]
        try:
            yield load
        finally:
            for task in running:
                task.cancel()


def _rotated(urls: list[str], number: int) -> list[str]:
    """The addresses, rotated, so that the visitors spread over the gateways."""
    start = number % len(urls)
    return urls[start:] + urls[:start]


async def _until(true: Callable[[], bool], within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while True:
            if true():
                return
            await asyncio.sleep(POLL_S)
