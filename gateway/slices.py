"""The slices: what is long is done piece by piece, so that nobody else waits for it. Pure."""

from collections import deque
from typing import Protocol

from gateway.asking import Loop, tell_fault

SLICE_S = 0.003
"""For this long at the most all works together hold the loop; then the others get their turn."""


class Work(Protocol):
    """Something long."""

    def step(self) -> bool:
        """Does a piece of it, far shorter than a slice. True: there is more."""

    def failed(self) -> None:
        """A step raised: nobody knows how far it came. It has its turn again once it wants it."""


class Slices:
    """The works take turns, piece by piece: one slice in each turn of the loop for all of them."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._queue: deque[Work] = deque()
        self._waiting: set[Work] = set()
        self._called = False

    def now(self) -> float:
        """Monotonic seconds."""
        return self._loop.time()

    def want(self, work: Work) -> None:
        """This one has something to do, at the loop's next turn or when it is its turn then."""
        if work not in self._waiting:
            self._waiting.add(work)
            self._queue.append(work)
            self._call()

    def _call(self) -> None:
        if not self._called:
            self._called = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._called = False
        until = self._loop.time() + SLICE_S
        try:
            while self._queue:
                work = self._queue.popleft()
                self._waiting.discard(work)
                try:
                    if work.step():
                        self.want(work)
                except Exception as error:
                    tell_fault(self._loop, f"{type(work).__name__} failed", error)
                    work.failed()
                if self._loop.time() >= until:
                    break
        finally:
            if self._queue:
                self._call()
