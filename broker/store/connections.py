"""The connections to one SQLite file, or to memory: a writer, two readers, and the file's lock.

Call every method except `close_readers` on the writer's thread.
"""

import sqlite3
from contextlib import ExitStack
from pathlib import Path

from broker.store import schema
from common.store_file import is_empty, open_reader, sync_folder
from common.store_lock import StoreLock, lock_store


class Connections:
    """Connections to the file at `path`. If that is None the store is in memory, and one connection
    is writer and readers.

    `reader` is used on the reader's thread, `lookup` on the event loop.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._resources = ExitStack()
        self._lock: StoreLock | None = None
        self._log_saved = False
        self.writer: sqlite3.Connection
        self.reader: sqlite3.Connection
        self.lookup: sqlite3.Connection

    @property
    def warnings(self) -> list[str]:
        """Warnings about the file, in one line each; the broker uses it all the same."""
        return self._lock.warnings if self._lock is not None else []

    def open(self, wall: float) -> int:
        """Opens or makes the store. Returns the term that it has drawn. Raises StoreFileError,
        sqlite3.Error or OSError."""
        if self._path is None:
            self.writer = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            self.reader = self.lookup = self.writer
            schema.prepare(self.writer)
            schema.make(self.writer)
            return schema.draw_term(self.writer, wall)
        if not self._path.parent.is_dir():
            self._path.parent.mkdir(mode=0o700, parents=True)
            sync_folder(self._path.parent.parent)
        self._lock = self._resources.enter_context(lock_store(self._path))
        if self._connect(self._path):
            schema.make(self.writer)
            sync_folder(self._path.parent)
        else:
            schema.upgrade(self.writer)
        term = schema.draw_term(self.writer, wall)
        self._open_log()
        return term

    def fault(self) -> str:
        """See `Store.fault`."""
        return "" if self._lock is None else self._lock.fault()

    @property
    def has_lost_log(self) -> bool:
        """Whether the database is still in its place, but its write-ahead log is not."""
        lock = self._lock
        return lock is not None and not lock.file_fault() and bool(lock.side_fault())

    def begin_log(self) -> None:
        """Copies the content of the lost log, which is still open, to the database and starts a new
        log. Close the readers before. Raises sqlite3.Error or OSError; it may be called again."""
        assert self._path is not None
        if not self._log_saved:
            (busy, *_) = self.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise OSError("another process still reads the lost log")
            self._log_saved = True
        self.writer.close()
        self._connect(self._path)
        self.writer.execute("UPDATE meta SET term = term")
        self._open_log()
        self._log_saved = False

    def close_readers(self) -> None:
        if self._path is not None and hasattr(self, "reader"):
            self.reader.close()
            self.lookup.close()

    def close(self) -> None:
        """Call it after `close_readers`: the last connection that closes makes a checkpoint, which
        has to be the writer."""
        if hasattr(self, "writer"):
            self.writer.close()
        self._resources.close()

    def _connect(self, path: Path) -> bool:
        """Opens all connections. Returns whether the file is empty: then the tables have to be
        made."""
        self.writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        empty = is_empty(self.writer, path)
        schema.prepare(self.writer)
        self.reader, self.lookup = open_reader(path), open_reader(path)
        return empty

    def _open_log(self) -> None:
        """Makes every connection open the log, which SQLite does at its first statement, and
        remembers which files these are."""
        assert self._lock is not None
        for connection in (self.reader, self.lookup):
            connection.execute("SELECT one FROM meta").fetchone()
        self._lock.watch_sides()
