"""common/eager.py: coroutines take no more turns of the loop than necessary."""

import asyncio

from common.eager import Eager


class Ends:
    def __init__(self) -> None:
        self.results: list[BaseException | None] = []

    def __call__(self, error: BaseException | None) -> None:
        self.results.append(error)


async def test_a_coroutine_that_need_not_wait_ends_at_once() -> None:
    done, ends = asyncio.Event(), Ends()

    async def work() -> None:
        done.set()

    Eager(work(), ends)
    assert done.is_set()
    assert ends.results == [None]


async def test_a_coroutine_that_waits_resumes_with_the_result() -> None:
    loop = asyncio.get_running_loop()
    first, second = loop.create_future(), loop.create_future()
    seen: list[object] = []
    ended = loop.create_future()

    async def work() -> None:
        seen.append(await first)
        await asyncio.sleep(0)
        try:
            await second
        except OSError as error:
            seen.append(error)

    Eager(work(), ended.set_result)
    assert seen == []
    first.set_result("one")
    error = OSError("two")
    second.set_exception(error)
    assert await ended is None
    assert seen == ["one", error]


async def test_a_coroutine_waits_for_events_and_queues_like_a_task() -> None:
    event, ended = asyncio.Event(), asyncio.get_running_loop().create_future()
    queue: asyncio.Queue[int] = asyncio.Queue(1)
    queue.put_nowait(1)

    async def work() -> None:
        await event.wait()
        await queue.put(2)

    Eager(work(), ended.set_result)
    event.set()
    assert [await queue.get(), await queue.get()] == [1, 2]
    assert await ended is None


async def test_the_exception_of_a_coroutine_is_passed_on() -> None:
    ends, error = Ends(), RuntimeError("no")

    async def work(waiting: asyncio.Future[None] | None) -> None:
        if waiting is not None:
            await waiting
        raise error

    Eager(work(None), ends)
    future = asyncio.get_running_loop().create_future()
    Eager(work(future), ends)
    assert ends.results == [error]
    future.set_result(None)
    await asyncio.sleep(0)
    assert ends.results == [error, error]
