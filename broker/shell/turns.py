"""The turns: what is done whenever something has arrived or a tick is due, one at a time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from common.eager import Eager


class Turns:
    """`turn` returns whether there is more to do at once; others are let in first. `rest_s` tells
    how long there may be no turn after one."""

    def __init__(
        self, turn: Callable[[], Coroutine[Any, Any, bool]], rest_s: Callable[[], float]
    ) -> None:
        self._turn = turn
        self._rest_s = rest_s
        self._again = self._stopping = False
        self._resting = asyncio.Event()
        self._resting.set()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Begins; raises what a turn raised, or `fail` was told."""
        self.wake()
        try:
            await self._failed
        finally:
            self._stopping = True
            if self._timer is not None:
                self._timer.cancel()

    def wake(self) -> None:
        """What needs no waiting is done on return: turns of the event loop cost more than most of
        what is done in one of ours."""
        self._again = True
        if self._resting.is_set() and not self._stopping:
            self._resting.clear()
            Eager(self._turns(), self._rest)

    def fail(self, error: BaseException) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)

    async def stop(self) -> None:
        """Returns when the last turn is over."""
        self._stopping = True
        await self._resting.wait()

    async def _turns(self) -> None:
        while self._again and not self._stopping:
            self._again = False
            if await self._turn():
                self._again = True
                await asyncio.sleep(0)

    def _rest(self, error: BaseException | None) -> None:
        self._resting.set()
        if error is not None:
            self.fail(error)
        if not self._stopping:
            self._plan()

    def _plan(self) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + self._rest_s()
        if self._timer is not None:
            if self._timer.when() <= at:
                return  # it looks again then
            self._timer.cancel()
        self._timer = loop.call_at(at, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.wake()
