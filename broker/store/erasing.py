"""Erasing: removes a deleted text from the store's files, not only from its table.

`secure_delete` (schema.py) overwrites the text in the database. But SQLite's write-ahead log keeps
older versions of pages until it starts again, which can take weeks on a quiet broker. So the log is
copied to the database and truncated soon after a deletion; one such checkpoint serves all deletions
before it.
"""

import asyncio
import sqlite3

from broker.store.connections import Connections
from broker.store.worker import Worker
from common.log_rate import rate_limited

SOON_S = 2.0
"""Time from the first deletion to the checkpoint. More deletions may follow meanwhile; a text has
to be gone within 5 s."""
RETRY_S = 1.0
BUSY_MS = 10
"""How long the checkpoint waits for another process that reads the log (a backup). It is short,
because commits wait for the checkpoint."""


class Eraser:
    """Truncates the log on the writer's thread, between commits."""

    def __init__(self, connections: Connections, writing: Worker) -> None:
        self._connections = connections
        self._writing = writing
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._log = rate_limited(__name__)

    def schedule(self) -> None:
        """Call it in the event loop when a text was removed from a table. If a checkpoint is
        scheduled already, that one is enough."""
        if self._timer is None:
            self._plan(SOON_S)

    def stop(self) -> None:
        """Call it before the store is closed; closing truncates the log as well."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _plan(self, after_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(after_s, self._start)

    def _start(self) -> None:
        self._timer = None  # a deletion from now on may be too late for this checkpoint
        self._writing.do(self._erase).add_done_callback(self._on_end)

    def _on_end(self, done: "asyncio.Future[str]") -> None:
        try:
            why_not = done.result()
        except sqlite3.Error as error:
            why_not = str(error)
        if why_not and not self._stopped:
            self._log.warning("deleted texts are still in the store's log: %.200s", why_not)
            if self._timer is None:
                self._plan(RETRY_S)

    def _erase(self) -> str:
        writer = self._connections.writer
        (timeout_ms,) = writer.execute("PRAGMA busy_timeout").fetchone()
        writer.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        try:
            (busy, *_) = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            writer.execute(f"PRAGMA busy_timeout = {timeout_ms}")
        return "another process reads the store" if busy else ""
