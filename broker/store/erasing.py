"""Erasing: a text that was deleted leaves the store's files, not only the table.

`secure_delete` (schema.py) overwrites it in the database. SQLite's log keeps older versions of
pages until it is begun anew, which on a quiet broker takes weeks: so the log is copied to the
database and cut to nothing soon after. One such checkpoint serves all deletions before it.
"""

import asyncio
import sqlite3

from broker.store.connections import Connections
from broker.store.worker import Worker
from common.log_rate import rate_limited

SOON_S = 2.0
"""From the first deletion on: others may follow, and a text has to be gone within 5 s."""
AGAIN_S = 1.0
BUSY_MS = 10
"""Commits wait meanwhile, so whoever reads the log (a backup) is not waited for."""


class Eraser:
    """Works on the writer's thread, between commits."""

    def __init__(self, connections: Connections, writing: Worker) -> None:
        self._connections = connections
        self._writing = writing
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False
        self._log = rate_limited(__name__)

    def soon(self) -> None:
        """Call it in the event loop when a text was taken out of a table. Again does nothing."""
        if self._timer is None:
            self._plan(SOON_S)

    def stop(self) -> None:
        """Before the store is closed, which begins the log anew as well."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _plan(self, after_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(after_s, self._begin)

    def _begin(self) -> None:
        self._timer = None  # a deletion from now on may come too late for this one
        self._writing.do(self._erase).add_done_callback(self._erased)

    def _erased(self, done: "asyncio.Future[str]") -> None:
        try:
            why_not = done.result()
        except sqlite3.Error as error:
            why_not = str(error)
        if why_not and not self._stopped:
            self._log.warning("deleted texts are still in the store's log: %.200s", why_not)
            if self._timer is None:
                self._plan(AGAIN_S)

    def _erase(self) -> str:
        writer = self._connections.writer
        (patience,) = writer.execute("PRAGMA busy_timeout").fetchone()
        writer.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        try:
            (busy, *_) = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            writer.execute(f"PRAGMA busy_timeout = {patience}")
        return "another process reads the store" if busy else ""
