"""How every script ends: it says what was done, whatever becomes of its output.

An exit status tells whether the thing was done, since who reads a failure does it again. So a
character that the terminal has not is escaped, and what standard output does not take (a full disk,
a pipe that was closed) goes to standard error instead.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

STOPPED = 130


class Output:
    """A stream whose writes never fail. Text that it cannot write goes to `instead`, or nowhere."""

    def __init__(self, stream: TextIO | None, instead: "Output | None" = None) -> None:
        self._stream = stream
        self._instead = instead
        self.failed = stream is None
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        if self._stream is not None and not self.failed:
            try:
                self._stream.write(text)
                self._stream.flush()  # now, while there is somebody to tell
                return len(text)
            except OSError as error:
                self._give_up(self._stream, error)
        if self._instead is not None:
            self._instead.write(text)
        return len(text)

    def flush(self) -> None:
        """Does nothing: every write flushes."""

    def _give_up(self, stream: TextIO, error: OSError) -> None:
        self.failed = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # for what the stream still has, when Python ends
        os.close(nowhere)
        if self._instead is not None:
            self._instead.write(f"(standard output takes nothing: {error.strerror}; text:)\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def end(main: Callable[[list[str]], int], output_is_the_result: bool = False) -> NoReturn:
    """Runs `main` on the arguments and ends with its status; with 1 if the output could not be
    written and `output_is_the_result`."""
    sys.stderr = errors = Output(sys.stderr)
    sys.stdout = output = Output(sys.stdout, errors)
    try:
        status = main(sys.argv[1:])
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        status = STOPPED
    sys.exit(status or int(output_is_the_result and output.failed))


def text(argument: str) -> str:
    """An argument as it was meant: UTF-8, also where Python takes the locale for ASCII."""
    try:
        return os.fsencode(argument).decode() if not _is_text(argument) else argument
    except UnicodeError:
        return argument


def _is_text(argument: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in argument)
