"""A spawned process: it executes the commands that it receives through a pipe."""

import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from typing import Any

from scripts.processes import ROOT

END_S = 5.0


class LoadError(Exception):
    """The load failed; the message says why."""


class Spawned:
    """Runs `run(pipe)` of a module, which answers each command and ends when the pipe is closed."""

    def __init__(self, module: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            program = (
                "from multiprocessing.connection import Connection\n"
                f"from {module} import run\n"
                f"run(Connection({theirs.fileno()}))"
            )
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # on Ctrl-C the parent closes the pipe
            )
        self._pipe = Connection(ours.detach())

    def ask(self, what: str, *arguments: Any) -> Any:
        """Sends a command and returns the answer. Raises LoadError if the process has ended."""
        self.send(what, *arguments)
        return self.answer()

    def send(self, what: str, *arguments: Any) -> None:
        try:
            self._pipe.send((what, arguments))
        except OSError:
            raise _ended() from None

    def answer(self) -> Any:
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            raise _ended() from None

    def end(self) -> None:
        self._pipe.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _ended() -> LoadError:
    return LoadError("a process of the load has ended; its output above says why")
