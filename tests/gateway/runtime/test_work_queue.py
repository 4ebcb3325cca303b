"""gateway/runtime/work_queue.py: long works share one slice of each turn of the loop."""

from gateway.runtime.work_queue import SLICE_S, WorkQueue
from tests.support.gateway_rig import Turns


class Steps:
    """A work of some steps, each of which is noted in `done`."""

    def __init__(self, name: str, steps: int, done: list[str]) -> None:
        self.name = name
        self.steps = steps
        self.done = done

    def step(self) -> bool:
        self.steps -= 1
        self.done.append(self.name)
        return self.steps > 0

    def failed(self) -> None:
        raise AssertionError("it never does")


def test_works_take_turns_from_the_next_turn_of_the_loop_on() -> None:
    loop = Turns()
    done: list[str] = []
    work_queue = WorkQueue(loop)
    work_queue.wake(Steps("a", 2, done))
    work_queue.wake(Steps("b", 3, done))
    assert done == []
    loop.run()
    assert done == ["a", "b", "a", "b", "b"]


def test_a_hundred_works_together_hold_the_loop_no_longer_than_one() -> None:
    loop = Turns()
    done: list[str] = []
    work_queue = WorkQueue(loop)
    for n in range(100):
        work_queue.wake(Steps(str(n), 5, done))
    assert loop.turn() <= SLICE_S + 0.002
    assert 0 < len(done) <= 4
    others = []
    loop.call_soon(lambda: others.append("has its turn"))
    loop.turn()
    assert others
    loop.run()
    assert done == [str(n) for _ in range(5) for n in range(100)]


def test_small_works_share_a_slice() -> None:
    loop = Turns()
    done: list[str] = []
    work_queue = WorkQueue(loop)
    for n in range(3):
        work_queue.wake(Steps(str(n), 1, done))
    assert loop.run() == 1


def test_a_work_that_is_woken_twice_is_stepped_once() -> None:
    loop = Turns()
    done: list[str] = []
    work_queue = WorkQueue(loop)
    work = Steps("a", 1, done)
    work_queue.wake(work)
    work_queue.wake(work)
    loop.run()
    assert done == ["a"]
    work_queue.wake(work)
    loop.run()
    assert done == ["a", "a"]


def test_a_work_that_fails_does_not_stop_the_others() -> None:
    loop = Turns()
    done: list[str] = []
    work_queue = WorkQueue(loop)

    class Fails:
        def step(self) -> bool:
            raise ZeroDivisionError

        def failed(self) -> None:
            work_queue.wake(Steps("another try", 1, done))

    work_queue.wake(Fails())
    work_queue.wake(Steps("a", 1, done))
    loop.run()
    assert done == ["a", "another try"]
    assert [type(fault) for fault in loop.faults] == [ZeroDivisionError]
