"""The worker: a thread that does one thing after another for the event loop."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

_T = TypeVar("_T")


class Worker:
    """As an executor of one thread, for a third of the price: waking it is most of a small job.
    Whoever waits no more for what was begun leaves it to be done all the same."""

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def do(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Call it from the event loop, which gets what the work returns or raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()

        def job() -> None:
            try:
                done = work()
            except BaseException as error:
                loop.call_soon_threadsafe(_raise, future, error)
            else:
                loop.call_soon_threadsafe(_return, future, done)

        self._work.put(job)
        return future

    def end(self) -> None:
        """Returns when all is done that was begun."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        while job := self._work.get():
            job()


def _return(future: asyncio.Future[_T], done: _T) -> None:
    if not future.done():
        future.set_result(done)


def _raise(future: asyncio.Future[_T], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
