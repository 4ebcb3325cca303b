"""The SQLite store: a writer and a reader with a thread each. Only the writer checkpoints."""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from broker.effects import Fact, Need, Snapshot, Write
from broker.store import reads, schema, writes
from broker.store.base import (
    CommitRefused,
    CommitUnknown,
    Page,
    ReadFailed,
    StoreError,
)
from broker.store.connections import Connections
from broker.store.erasing import Eraser
from broker.store.worker import Worker
from common.store_file import StoreFileError, store_path

FEW_NEEDS = 4
"""Up to this number of needs is looked up on the event loop: to wake a thread would cost ten times
as much as reading the rows."""
PURGE_AT_ONCE = 1000
"""Old ids of messages that one commit deletes: few, so that no commit takes noticeably longer."""
PROBE_BYTES = 1 << 16
"""A probe writes this much, so that it fails on a full disk."""
_T = TypeVar("_T")
log = logging.getLogger(__name__)


class SqliteStore:
    """A `Store` in one file; in memory if the path is None, where one connection does
    everything."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._files = Connections(path)
        self._writing = Worker("store-writer")
        self._reading = self._writing if path is None else Worker("store-reader")
        self._eraser = Eraser(self._files, self._writing)
        self._has_erased = False
        self._term = 0
        self._retry_window = 0.0
        self._purge_at = 0.0

    async def open(self, wall: float, seen_after: float, retry_window: float) -> Snapshot:
        self._retry_window = retry_window
        try:
            opened = await self._writing.do(lambda: self._open(wall, seen_after))
        except BaseException:
            await self.close()
            raise
        self._eraser.schedule()  # the broker before may have been killed before it erased
        return opened

    async def state(self, seen_after: float) -> Snapshot:
        return await self._writing.do(lambda: self._state(seen_after))

    async def commit(self, batch: Sequence[Write], wall: float) -> None:
        try:
            await self._write(lambda: self._commit(batch, wall))
        finally:
            if self._has_erased:
                self._has_erased = False
                self._eraser.schedule()

    async def learn(self, needs: Sequence[Need]) -> list[Fact]:
        if self._path is not None and len(needs) <= FEW_NEEDS:
            return _snapshot(self._files.lookup, lambda reader: reads.facts(reader, needs))
        return await self._read(lambda reader: reads.facts(reader, needs))

    async def page(self, room: str, after: int | None, before: int, limit: int) -> Page:
        return await self._read(lambda reader: reads.page(reader, room, after, before, limit))

    async def unread(self, room: str, uid: str) -> int:
        return await self._read(lambda reader: reads.unread(reader, room, uid))

    async def probe(self) -> None:
        if self._files.has_lost_log:
            await self._reading.do(self._files.close_readers)
            await self._writing.do(self._begin_log)
        await self._write(self._probe)

    def fault(self) -> str:
        return self._files.fault()

    async def close(self) -> None:
        self._eraser.stop()
        await self._reading.do(self._files.close_readers)
        await self._writing.do(self._files.close)
        self._reading.end()
        self._writing.end()

    async def _write(self, work: Callable[[], None]) -> None:
        # The faults are checked here, on the event loop: on the writer's thread each check would
        # have to wait for the interpreter's lock.
        if fault := self.fault():
            raise CommitRefused(fault)
        await self._writing.do(work)
        if fault := self.fault():
            raise CommitUnknown(fault)  # the batch may be in a file that is no longer there

    async def _read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        return await self._reading.do(lambda: _snapshot(self._files.reader, work))

    # --- on the writer's thread -----------------------------------------------------------------

    def _open(self, wall: float, seen_after: float) -> Snapshot:
        try:
            self._term = self._files.open(wall)
            for warning in self._files.warnings:
                log.warning(warning)
            return self._read_all(seen_after)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"store {self._path}: cannot be opened: {error}") from error
        except StoreFileError as error:
            raise StoreError(str(error)) from error

    def _begin_log(self) -> None:
        try:
            self._files.begin_log()
        except (sqlite3.Error, OSError) as error:
            raise CommitRefused(f"the store's log cannot be started again: {error}") from error

    def _state(self, seen_after: float) -> Snapshot:
        wall = time.time()
        try:
            self._term = schema.draw_term(self._files.writer, wall, self._term)
        except sqlite3.Error:
            # Nothing can be written now. `_probe` writes this term before the next commit.
            self._roll_back()
            self._term = max(self._term + 1, int(wall * 1000))
        try:
            return self._read_all(seen_after)
        except sqlite3.Error as error:
            raise ReadFailed(str(error)) from error

    def _read_all(self, seen_after: float) -> Snapshot:
        epoch, secret = self._files.writer.execute("SELECT epoch, secret FROM meta").fetchone()
        here = reads.everybody_here(self._files.writer, seen_after)
        return Snapshot(epoch, self._term, secret, *here, reads.changed_lately(self._files.writer))

    def _commit(self, batch: Sequence[Write], wall: float) -> None:
        def work() -> None:
            self._has_erased |= writes.apply(self._files.writer, batch)
            if wall >= self._purge_at:
                oldest = writes.purge_said(
                    self._files.writer, wall - self._retry_window, PURGE_AT_ONCE + len(batch)
                )
                self._purge_at = min(oldest, wall) + self._retry_window

        self._transact(work)

    def _probe(self) -> None:
        # Writes enough to need new pages, and the term in case `_state` could not write it.
        def fill() -> None:
            self._files.writer.execute("UPDATE meta SET term = ?", (self._term,))
            self._files.writer.execute(
                "REPLACE INTO filler VALUES (1, zeroblob(?))", (PROBE_BYTES,)
            )

        self._transact(fill)
        self._transact(lambda: self._files.writer.execute("DELETE FROM filler"))

    def _transact(self, work: Callable[[], object]) -> None:
        try:
            self._files.writer.execute("BEGIN IMMEDIATE")
            work()
        except Exception as error:  # values that SQLite cannot hold are refused as well
            self._roll_back()
            raise CommitRefused(f"nothing was written: {error}") from error
        try:
            self._files.writer.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            if (error.sqlite_errorcode & 0xFF) == sqlite3.SQLITE_IOERR:
                raise CommitUnknown(f"not known to be written: {error}") from error
            raise CommitRefused(f"nothing was written: {error}") from error

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            if self._files.writer.in_transaction:
                self._files.writer.execute("ROLLBACK")


def store_at(address: str) -> SqliteStore:
    """The store that HUBBUB_STORE names, not yet opened. Raises StoreError."""
    try:
        return SqliteStore(store_path(address))
    except StoreFileError as error:
        raise StoreError(str(error)) from None


def _snapshot(reader: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T]) -> _T:
    """Does the reads of `work` on one snapshot of the database. Raises ReadFailed."""
    try:
        reader.execute("BEGIN")  # takes no lock
        try:
            return work(reader)
        finally:
            reader.execute("COMMIT")
    except sqlite3.Error as error:
        raise ReadFailed(str(error)) from error
