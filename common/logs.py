"""The log of a process: a thread writes the lines to stderr, so that logging never waits.

A pipe that nobody reads takes 64 KiB and then blocks its writers; so do a paused terminal and a
disk that hangs. Here only the thread is blocked. A limited number of lines waits for it, and lines
beyond that are dropped and counted.
"""

import logging
import os
import select
import sys
import threading
from queue import Full, Queue

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
WAITING_LINES = 1000
"""Lines that may wait for the thread."""
LINE_BYTES = 16 << 10
"""A longer line, such as a long traceback, is cut."""
END_S = 1.0
"""At the end of the process the thread has this long to write the waiting lines."""


class LogWriter(logging.Handler):
    """Writes to a descriptor. A line that cannot be written (full disk, closed pipe) is lost."""

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
        """Waits for the waiting lines; `logging` calls it when the process ends."""
        with self._lines.all_tasks_done:
            self._lines.all_tasks_done.wait_for(lambda: not self._lines.unfinished_tasks, END_S)

    def _run(self) -> None:
        while True:
            line = self._lines.get()
            if self._lost:
                lost, self._lost = self._lost, 0
                line = b"%d lines of the log are lost: they could not be written\n" % lost + line
            try:
                self._write(line)
            except OSError:
                self._lost += 1
            self._lines.task_done()

    def _write(self, line: bytes) -> None:
        while line:
            try:
                line = line[os.write(self._descriptor, line) :]
            except (
                BlockingIOError
            ):  # another process shares the descriptor and has made it non-blocking
                select.select([], [self._descriptor], [])


def start_log(level: str) -> None:
    """From now on records of at least this level, and Python's warnings, go to stderr."""
    logging.captureWarnings(True)
    logging.basicConfig(level=level.upper(), handlers=[LogWriter(sys.stderr.fileno())])
