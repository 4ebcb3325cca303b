"""The interface of a store, which keeps what has to outlive the broker."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from broker.effects import Fact, Need, Snapshot, Write
from common.messages import Event


class StoreError(Exception):
    """The store cannot be used at all. The message says why and what to do, in one line."""


class CommitRefused(Exception):
    """Nothing of the batch was written (disk full, locked …). The message says why."""


class CommitUnknown(Exception):
    """The batch may or may not be on disk: the commit failed half way. The message says why."""


class ReadFailed(Exception):
    """The store could not be read now (I/O error …). The message says why."""


class Page(Struct, frozen=True):
    """Events in Seq order, in all at most about common.codec.PAGE_BYTES."""

    head: int
    events: list[Event]
    more: bool


class Store(Protocol):
    """A store with one writer. Its methods may run concurrently; commits are done in the order in
    which they are called. Methods that only read raise ReadFailed."""

    async def open(self, wall: float, seen_after: float, retry_window: float) -> Snapshot:
        """Opens or makes the store, draws the next term and returns the state to start with: all
        sessions, and the people seen after `seen_after` (wall time). The ids of messages are kept
        for `retry_window` seconds. Raises StoreError."""

    async def state(self, seen_after: float) -> Snapshot:
        """Reads the state again after a failed commit, with a new term."""

    async def commit(self, writes: Sequence[Write], wall: float) -> None:
        """Writes the batch, all or nothing: on return it is on disk. Raises CommitRefused or
        CommitUnknown."""

    async def learn(self, needs: Sequence[Need]) -> list[Fact]:
        """The fact for each need, in the same order, as of the last commit that has returned."""

    async def page(self, room: str, after: int | None, before: int, limit: int) -> Page:
        """Events of a room that are on disk, with Seqs between `after` and `before` (both
        exclusive; `before` 0 is no bound): the oldest, or the newest if `after` is None. `more`
        says whether `limit` or the limit in bytes left out events."""

    async def unread(self, room: str, uid: str) -> int:
        """The number of messages of other people in this room, counted up to 1,000."""

    async def probe(self) -> None:
        """Tests whether the store can be written, by writing bytes without a meaning. Raises
        CommitRefused or CommitUnknown if it cannot."""

    def fault(self) -> str:
        """Why commits from now on would be lost (the files were moved, deleted or replaced); empty
        if they would not. Takes a few microseconds."""

    async def close(self) -> None:
        """Finishes the calls that are under way, then closes the store."""
