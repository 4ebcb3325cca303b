"""The work queue: long work is done piece by piece, so that nothing else waits for it. Pure."""

from collections import deque
from typing import Protocol

from gateway.runtime.ports import Loop, tell_fault

SLICE_S = 0.003
"""All pieces together hold the loop at most this long; then other callbacks get their turn."""


class Work(Protocol):
    """Work that is done in steps."""

    def step(self) -> bool:
        """Does one piece, which takes far less than a slice. Returns whether there is more."""

    def failed(self) -> None:
        """A step raised: nobody knows how far it came. No step follows until the next `wake`."""


class WorkQueue:
    """Works take turns, step by step: one slice in each turn of the loop for all of them."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._queue: deque[Work] = deque()
        self._waiting: set[Work] = set()
        self._scheduled = False

    def now(self) -> float:
        """Monotonic seconds."""
        return self._loop.time()

    def wake(self, work: Work) -> None:
        """There is something to do for this work: it is stepped at the loop's next turn, or as soon
        as the works before it have had their turn."""
        if work not in self._waiting:
            self._waiting.add(work)
            self._queue.append(work)
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._run_slice)

    def _run_slice(self) -> None:
        self._scheduled = False
        until = self._loop.time() + SLICE_S
        try:
            while self._queue:
                work = self._queue.popleft()
                self._waiting.discard(work)
                try:
                    if work.step():
                        self.wake(work)
                except Exception as error:
                    tell_fault(self._loop, f"{type(work).__name__} failed", error)
                    work.failed()
                if self._loop.time() >= until:
                    break
        finally:
            if self._queue:
                self._schedule()
