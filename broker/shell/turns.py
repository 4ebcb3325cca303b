"""The turns: runs the broker's turn whenever a frame may have arrived or a tick is due.

Turns never overlap. A turn begins at once, without a task: waiting for the event loop would cost
more than most turns take.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from common.eager import Eager


class Turns:
    """`turn` returns whether another turn has to follow at once; other callbacks of the loop run
    in between. `max_wait_s` returns the seconds until the next turn if nobody calls `wake`."""

    def __init__(
        self, turn: Callable[[], Coroutine[Any, Any, bool]], max_wait_s: Callable[[], float]
    ) -> None:
        self._turn = turn
        self._max_wait_s = max_wait_s
        self._wanted = self._stopping = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle | None = None
        self.gather_until = 0.0
        """Input that comes before this time of the event loop begins a turn only then."""

    async def run(self) -> None:
        """Runs turns until it is cancelled. Raises the exception of a turn, or of `fail`."""
        self.wake()
        try:
            await self._failed
        finally:
            self._stopping = True
            if self._timer is not None:
                self._timer.cancel()

    def wake(self) -> None:
        """Begins a turn, or plans another one if a turn is under way. A turn that has nothing to
        wait for is over on return."""
        self._wanted = True
        if self._idle.is_set() and not self._stopping:
            self._idle.clear()
            Eager(self._run_turns(), self._on_end)

    def on_input(self) -> None:
        """Call it when there may be input: a turn begins now, or at `gather_until`."""
        if asyncio.get_running_loop().time() < self.gather_until:
            self._plan(self.gather_until)
        else:
            self.wake()

    def fail(self, error: BaseException) -> None:
        """Lets `run` raise this error."""
        if not self._failed.done():
            self._failed.set_exception(error)

    async def stop(self) -> None:
        """Begins no more turns, and returns when the turn under way is over."""
        self._stopping = True
        await self._idle.wait()

    async def _run_turns(self) -> None:
        while self._wanted and not self._stopping:
            self._wanted = False
            if await self._turn():
                self._wanted = True
                await asyncio.sleep(0)

    def _on_end(self, error: BaseException | None) -> None:
        self._idle.set()
        if error is not None:
            self.fail(error)
        if not self._stopping:
            self._plan(asyncio.get_running_loop().time() + self._max_wait_s())

    def _plan(self, at: float) -> None:
        """Plans a turn for this time of the event loop, unless there is one planned for earlier:
        at its end that one plans the next."""
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.wake()
