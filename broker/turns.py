"""The turns: what is done whenever something has arrived or a tick is due, one at a time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from common.eager import Eager

TICK_S = 0.05


class Turns:
    """`turn` returns whether there is more to do at once; others are let in first."""

    def __init__(self, turn: Callable[[], Coroutine[Any, Any, bool]]) -> None:
        self._turn = turn
        self._again = self._stopping = False
        self._resting = asyncio.Event()
        self._resting.set()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._timer: asyncio.TimerHandle

    async def run(self) -> None:
        """Ticks, until cancelled; raises what a turn raised, or `fail` was told."""
        self._tick()
        try:
            await self._failed
        finally:
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

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self.wake()

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
