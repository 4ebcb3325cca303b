"""No orphans: processes that the launch has started end with it, even if it is killed.

Honcho has a process of its own between the launch and each process of the Procfile. SIGKILL
reaches one of the three, or those in the launch's process group, and the kernel tells the next
one (`prctl`, Linux only; elsewhere they go on running).
"""

import ctypes
import os
import signal
from functools import partial
from typing import Any

from honcho.process import Popen, Process

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class BoundProcess(Process):  # type: ignore[misc]  # honcho has no types
    """A process of honcho that gets SIGTERM when the launch has ended."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._launch = os.getpid()

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        end_with(self._launch, signal.SIGKILL)
        bind = partial(end_with, os.getpid(), signal.SIGTERM)
        self._child_ctor = partial(Popen, preexec_fn=bind)
        super().run(events, ignore_signals)


def end_with(parent: int, number: signal.Signals) -> None:
    """The kernel sends the signal to this process when its parent, whose pid is given, ends."""
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before it was asked for
        os.kill(os.getpid(), number)
