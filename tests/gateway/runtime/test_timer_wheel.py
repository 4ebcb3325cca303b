"""gateway/runtime/timer_wheel.py: many timers, exact to a tick."""

import asyncio

from gateway.runtime.timer_wheel import TimerWheel, next_tick


class Alarm:
    def __init__(self) -> None:
        self.tick = 0
        self.at: list[float] = []

    def due(self) -> None:
        self.at.append(asyncio.get_running_loop().time())


async def test_each_timer_is_called_once_and_never_early() -> None:
    loop = asyncio.get_running_loop()
    wheel = TimerWheel(loop, 0.01)
    alarms = [Alarm() for _ in range(20)]
    began = loop.time()
    for number, alarm in enumerate(alarms):
        wheel.set(alarm, number * 0.005)
    async with asyncio.timeout(5):
        while not all(alarm.at for alarm in alarms):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    for number, alarm in enumerate(alarms):
        assert len(alarm.at) == 1
        assert alarm.at[0] - began >= number * 0.005
    wheel.stop()


async def test_a_timer_that_is_set_again_is_called_at_the_later_time_only() -> None:
    wheel = TimerWheel(asyncio.get_running_loop(), 0.01)
    moved, cancelled, last = Alarm(), Alarm(), Alarm()
    for alarm in (moved, cancelled):
        wheel.set(alarm, 0.01)
    wheel.set(moved, 0.03)
    wheel.cancel(cancelled)
    wheel.set(last, 0.05)
    async with asyncio.timeout(5):
        while not last.at:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert len(moved.at) == 1
    assert not cancelled.at
    wheel.stop()


async def test_a_timer_that_another_cancels_in_the_same_tick_is_not_called() -> None:
    wheel = TimerWheel(asyncio.get_running_loop(), 0.01)
    second = Alarm()

    class First(Alarm):
        def due(self) -> None:
            super().due()
            wheel.cancel(second)

    first = First()
    wheel.set(first, 0.001)
    wheel.set(second, 0.001)
    assert first.tick == second.tick
    async with asyncio.timeout(5):
        while not first.at:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.03)
    assert not second.at
    wheel.stop()


async def test_a_fault_of_one_timer_costs_no_other_its_time() -> None:
    class Faulty(Alarm):
        def due(self) -> None:
            raise RuntimeError("a fault of ours")

    loop, told = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    wheel = TimerWheel(loop, 1.0)  # all in one tick
    alarms = [Alarm(), Faulty(), Alarm()]
    for alarm in alarms:
        wheel.set(alarm, 0.01)
    assert len({alarm.tick for alarm in alarms}) == 1
    async with asyncio.timeout(5):
        while not alarms[0].at or not alarms[2].at:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert [str(error) for error in told] == ["a fault of ours"]
    wheel.stop()


def test_equal_ticks_are_due_together_and_never_at_once() -> None:
    assert {next_tick(now, 0.25) for now in (10.0, 10.1, 10.2499)} == {10.25}
    assert next_tick(10.25, 0.25) == 10.5
