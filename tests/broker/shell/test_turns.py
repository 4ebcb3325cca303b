"""broker/shell/turns.py: one turn at a time, and none is forgotten."""

import asyncio

import pytest

from broker.shell.turns import Turns


class Work:
    """Its turn waits while the gate is closed, and asks `more` times for another turn."""

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


async def test_a_turn_that_need_not_wait_is_over_when_wake_returns() -> None:
    work = Work()
    turns = Turns(work.turn, lambda: 0.01)
    turns.wake()
    turns.wake()
    assert work.ended == 2


async def test_turns_do_not_overlap_and_one_follows_for_all_wakes_meanwhile() -> None:
    work = Work()
    turns = Turns(work.turn, lambda: 0.01)
    work.gate.clear()
    for _ in range(5):
        turns.wake()
    assert (work.begun, work.ended) == (1, 0)
    work.gate.set()
    await turns.stop()
    assert work.ended == 1, "it stops between two turns"
    turns = Turns(work.turn, lambda: 100.0)  # no tick begins the turn that a wake has to begin
    work.gate.clear()
    for _ in range(5):
        turns.wake()
    work.gate.set()
    for _ in range(10):
        await asyncio.sleep(0)
    assert (work.begun, work.ended) == (3, 3)
    await turns.stop()


async def test_other_callbacks_run_between_turns() -> None:
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


async def test_input_that_comes_while_it_is_gathered_has_one_turn_afterwards() -> None:
    work, loop = Work(), asyncio.get_running_loop()
    turns = Turns(work.turn, lambda: 100.0)  # no tick begins the turn
    turns.on_input()
    assert work.ended == 1
    until = turns.gather_until = loop.time() + 0.02
    for _ in range(3):
        turns.on_input()
    assert work.begun == 1
    async with asyncio.timeout(5):
        while work.ended < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert loop.time() >= until
    turns.on_input()
    assert work.ended == 3
    await turns.stop()


async def test_turns_follow_each_other_until_cancelled() -> None:
    work = Work()
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(5):
        running = tasks.create_task(Turns(work.turn, lambda: 0.01).run())
        while work.ended < 3:  # noqa: ASYNC110
            await asyncio.sleep(0)
        running.cancel()


async def test_a_tick_is_moved_forward_when_the_wait_gets_shorter() -> None:
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
async def test_the_exception_of_a_turn_ends_run(waits: bool) -> None:
    async def turn() -> bool:
        if waits:
            await asyncio.sleep(0)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        await Turns(turn, lambda: 0.01).run()
