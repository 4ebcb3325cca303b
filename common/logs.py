"""The log of a process: lines to stderr, written by a thread, so that logging never waits.

A pipe that nobody reads takes 64 KiB and then stops whoever writes to it; a terminal that is
paused, and a disk that hangs, do the same. Here the thread waits, a bounded number of lines waits
with it, and what comes then is counted instead.
"""

import logging
import os
import select
import sys
import threading
from queue import Full, Queue

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
WAITING_LINES = 1000
LINE_BYTES = 16 << 10
"""A longer line (a traceback, mostly) is cut."""
END_S = 1.0
"""What waits at the end of the process is given this long."""


class LogWriter(logging.Handler):
    """Writes to a descriptor. What cannot be written (a full disk, a closed pipe) is lost."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lines: Queue[bytes] = Queue(WAITING_LINES)
        self._lost = 0
        self.setFormatter(logging.Formatter(FORMAT))
        threading.Thread(target=self._run, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode(errors="backslashreplace")
        except Exception:
            line = f"a line of {record.name} cannot be formatted: {record.msg!r:.200}".encode()
        try:
            self._lines.put_nowait(line[:LINE_BYTES] + b"\n")
        except Full:
            self._lost += 1

    def flush(self) -> None:
        """`logging` calls it when the process ends."""
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(lambda: not self._lines.unfinished_tasks, END_S)

    def _run(self) -> None:
        while True:
            line = self._lines.get()
            if self._lost:
                lost, self._lost = self._lost, 0
                line = b"%d lines of the log are lost: nobody read them in time\n" % lost + line
            try:
                self._write(line)
            except OSError:
                self._lost += 1
            self._lines.task_done()

    def _write(self, line: bytes) -> None:
        while line:
            try:
                line = line[os.write(self._descriptor, line) :]
            except BlockingIOError:  # somebody shares it, and made it so
                select.select([], [self._descriptor], [])


def start_log(level: str) -> None:
    """To stderr from now on, all that is at least as severe; warnings of Python as well."""
    logging.captureWarnings(True)
    logging.basicConfig(level=level.upper(), handlers=[LogWriter(sys.stderr.fileno())])
