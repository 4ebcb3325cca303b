"""common/gc_policy.py: the garbage collector visits young objects, and the rest when it is told."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from common.gc_policy import GcPolicy


class Ring:
    """Garbage that only a collector finds."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_has_settled_is_visited_again_only_with_everything() -> None:
    collector = GcPolicy()
    ring = Ring()
    seen = weakref.ref(ring)
    collector.settle()
    del ring
    collector.settle()
    assert seen() is not None, "it is taken for permanent"
    collector.settle(everything=True)
    assert seen() is None


def test_garbage_is_found_while_it_is_young_and_pauses_are_noted() -> None:
    before = gc.get_threshold()
    pauses: list[float] = []
    collector = GcPolicy(pauses.append)
    collector.start()
    collector.settle()
    noted = len(pauses)
    assert noted
    seen = weakref.ref(Ring())
    kept: list[list[object]] = [[] for _ in range(100_000)]  # enough that is new
    assert seen() is None
    assert len(pauses) > noted
    assert len(kept) == 100_000
    collector.stop()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_what_is_there_is_not_looked_at_and_goes_all_the_same() -> None:
    kept = [set[int]() for _ in range(1000)]
    GcPolicy().settle()
    assert gc.get_freeze_count() >= 1000
    gone = weakref.ref(kept[0])
    del kept[0]
    assert gone() is None


def test_a_core_that_was_given_up_goes() -> None:
    gc.disable()
    ring = weakref.ref(Ring())
    GcPolicy().settle()
    with GcPolicy().paused():
        assert not gc.isenabled()
    assert ring() is None
    assert gc.isenabled()
