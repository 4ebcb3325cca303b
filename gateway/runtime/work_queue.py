"""The work queue: long work is done in short steps, so that nothing else waits for it. Pure."""

from collections import deque
from typing import Protocol

from gateway.runtime.ports import Loop, report_fault

SLICE_S = 0.003
"""The steps of all works together hold the loop for this long; then its other callbacks run."""


class Work(Protocol):
    """Work that is done in steps."""

    def step(self) -> bool:
        """Does one step, which takes far less than a slice. Returns whether there is more."""

    def failed(self) -> None:
        """A step raised, and nobody knows how much of it was done. No step follows until the next
        `wake`."""


class WorkQueue:
    """Works take turns, step by step: one slice in each turn of the loop for all of them."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._queue: deque[Work] = deque()
        self._waiting: set[Work] = set()
        """The works in the queue."""
        self._scheduled = False

    def now(self) -> float:
        """Monotonic seconds."""
        return self._loop.time()

    def wake(self, work: Work) -> None:
        """There is something to do for this work: it is stepped in the loop's next turn, or as soon
        as the works before it have had theirs."""
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
                    report_fault(self._loop, f"{type(work).__name__} failed", error)
                    work.failed()
                if self._loop.time() >= until:
                    break
        finally:
            if self._queue:
                self._schedule()
