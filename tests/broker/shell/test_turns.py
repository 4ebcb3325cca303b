"""broker/shell/turns.py: one turn at a time, none forgotten."""

import asyncio

import pytest

from broker.shell.turns import Turns


class Work:
    """A turn that waits while the gate is closed, and says how often there is more."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.more = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def turn(self) -> bool:
        self.begun += 1
        await self.gate.wait()
        self.ended += 1
        self.more -= 1
        return self.more >= 0


async def test_a_turn_that_need_not_wait_is_over_on_return() -> None:
    work = Work()
    turns = Turns(work.turn, lambda: 0.01)
    turns.wake()
    turns.wake()
    assert work.ended == 2


async def test_one_at_a_time_and_once_more_for_all_who_came_meanwhile() -> None:
    work = Work()
    turns = Turns(work.turn, lambda: 0.01)
    work.gate.clear()
    for _ in range(5):
        turns.wake()
    assert (work.begun, work.ended) == (1, 0)
    work.gate.set()
    await turns.stop()
    assert work.ended == 1, "it stops between two turns"
    turns = Turns(work.turn, lambda: 0.01)
    work.gate.clear()
    for _ in range(5):
        turns.wake()
    work.gate.set()
    while work.ended < 3:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert work.begun == 3


async def test_others_are_let_in_while_there_is_more() -> None:
    work = Work()
    work.more = 3
    turns = Turns(work.turn, lambda: 0.01)
    turns.wake()
    seen = []
    while work.ended < 4:
        seen.append(work.ended)
        await asyncio.sleep(0)
    assert seen[0] == 1
    assert set(seen) >= {1, 2, 3}


async def test_it_ticks_until_it_is_cancelled() -> None:
    work = Work()
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(5):
        running = tasks.create_task(Turns(work.turn, lambda: 0.01).run())
        while work.ended < 3:  # noqa: ASYNC110
            await asyncio.sleep(0)
        running.cancel()


async def test_it_ticks_sooner_once_there_is_something_to_do_sooner() -> None:
    work, rests = Work(), [100.0]
    turns = Turns(work.turn, lambda: rests[0])
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(5):
        running = tasks.create_task(turns.run())
        while not work.ended:  # noqa: ASYNC110
            await asyncio.sleep(0)
        rests[0] = 0.01
        turns.wake()
        while work.ended < 4:  # noqa: ASYNC110
            await asyncio.sleep(0)
        running.cancel()


@pytest.mark.parametrize("waits", [False, True])
async def test_what_a_turn_raises_ends_it(waits: bool) -> None:
    async def turn() -> bool:
        if waits:
            await asyncio.sleep(0)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await Turns(turn, lambda: 0.01).run()
