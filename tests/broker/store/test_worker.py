"""broker/store/worker.py: jobs are done one after another on a thread, with results on the loop."""

import asyncio
import threading

import pytest

from broker.store.worker import Worker


async def test_jobs_are_done_in_order_on_one_thread() -> None:
    worker = Worker("w")
    done: list[tuple[int, str]] = []

    def job(n: int) -> int:
        done.append((n, threading.current_thread().name))
        return n

    asked = [worker.do(lambda n=n: job(n)) for n in range(100)]  # type: ignore[misc]
    assert await asyncio.gather(*asked) == list(range(100))
    assert done == [(n, "w") for n in range(100)]
    worker.end()


async def test_the_exception_of_a_job_is_passed_on_and_the_next_job_is_done() -> None:
    worker = Worker("w")

    def fail() -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        await worker.do(fail)
    assert await worker.do(lambda: 1) == 1
    worker.end()


async def test_a_cancelled_job_is_done_all_the_same() -> None:
    worker = Worker("w")
    gate, done = threading.Event(), threading.Event()
    worker.do(gate.wait)
    given_up = worker.do(done.set)
    given_up.cancel()
    gate.set()
    assert await worker.do(lambda: 2) == 2
    assert done.is_set()
    worker.end()


async def test_the_end_waits_for_the_queued_jobs() -> None:
    worker = Worker("w")
    done: list[int] = []
    asked = [worker.do(lambda n=n: done.append(n)) for n in range(50)]  # type: ignore[misc]
    worker.end()
    assert done == list(range(50))
    await asyncio.gather(*asked)
