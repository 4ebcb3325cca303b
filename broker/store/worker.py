"""The worker: a thread that runs one job after another for the event loop."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

_T = TypeVar("_T")


class Worker:
    """Like `ThreadPoolExecutor(max_workers=1)`, with two differences. A job costs 35 µs instead of
    50 µs: of a lone commit's 400 µs that is 4 %, in memory (42 µs instead of 60 µs) 30 %. And a job
    is done even if its future is cancelled, so that a commit is never left out."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Queues a job. The future has its result or exception. Call it in the event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()

        def job() -> None:
            try:
                result = work()
            except BaseException as error:
                loop.call_soon_threadsafe(_set_exception, future, error)
            else:
                loop.call_soon_threadsafe(_set_result, future, result)

        self._jobs.put(job)
        return future

    def end(self) -> None:
        """Returns when all queued jobs are done. No job may follow."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while job := self._jobs.get():
            job()


def _set_result(future: asyncio.Future[_T], result: _T) -> None:
    if not future.done():
        future.set_result(result)


def _set_exception(future: asyncio.Future[_T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
