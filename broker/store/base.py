"""The store: what outlives the broker. Takes batches of writes and answers later."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from broker.effects import Fact, Need, Snapshot, Write
from common.messages import Event


class StoreError(Exception):
    """The store cannot be used at all; the message says why and what to do, in one line."""


class CommitRefused(Exception):
    """Nothing of the batch was written (disk full, locked …); the message says why."""


class CommitUnknown(Exception):
    """The batch may or may not have been written: the connection broke while it was committed."""


class ReadFailed(Exception):
    """A question could not be answered now (I/O error …); the message says why."""


class Page(Struct, frozen=True):
    """Events in Seq order, at most about common.codec.PAGE_BYTES of them."""

    head: int
    events: list[Event]
    more: bool


class Store(Protocol):
    """One writer. Methods may be awaited at once with each other; commits are in call order. Those
    that only read raise ReadFailed."""

    async def open(self, wall: float, seen_after: float, retry_window: float) -> Snapshot:
        """Opens or makes the store and draws the next term. Raises StoreError."""

    async def state(self, seen_after: float) -> Snapshot:
        """The same, read again, with a fresh term: for after a failed commit."""

    async def commit(self, writes: Sequence[Write], wall: float) -> None:
        """On return all writes are on disk. Raises CommitRefused or CommitUnknown."""

    async def learn(self, needs: Sequence[Need]) -> list[Fact]:
        """The facts for these needs, in their order, as of the last commit that has returned."""

    async def page(self, room: str, after: int | None, before: int, limit: int) -> Page:
        """Bounds exclusive, `before` 0 means none; without `after` the newest. Only what is on
        disk. `more`: the limit (or the byte bound) hid events in the direction of reading."""

    async def unread(self, room: str, uid: str, after: int) -> int:
        """Messages of other people above this Seq, counted to 1,000 at most."""

    async def probe(self) -> None:
        """Writes something of no meaning. Raises CommitRefused while nothing can be written, or
        CommitUnknown."""

    def fault(self) -> str:
        """Why what is committed from now on would not be found again (the files were moved,
        deleted or replaced); empty if all is well. A look of a few microseconds."""

    async def close(self) -> None:
        """Finishes what was begun and closes."""
