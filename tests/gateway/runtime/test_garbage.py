"""The garbage collector at chosen moments (gateway/runtime/garbage.py)."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from gateway.runtime.garbage import GcPolicy


class Ring:
    """Garbage that only a collector finds."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_settled_is_looked_at_again_only_at_rest() -> None:
    rest = False
    pauses: list[float] = []
    collector = GcPolicy(lambda: rest, pauses.append)
    ring = Ring()
    seen = weakref.ref(ring)
    collector.settle()
    del ring
    collector.settle()
    assert seen() is not None, "it is taken for permanent"
    rest = True
    collector.settle()
    assert seen() is None


async def test_garbage_is_found_while_it_is_young_and_pauses_are_noted() -> None:
    before = gc.get_threshold()
    pauses: list[float] = []
    collector = GcPolicy(lambda: True, pauses.append)
    running = asyncio.gather(collector.run())
    await asyncio.sleep(0)
    noted = len(pauses)
    assert noted, "the first look through everything"
    seen = weakref.ref(Ring())
    kept = [[] for _ in range(100_000)]  # enough that is new
    assert seen() is None
    assert len(pauses) > noted
    assert len(kept) == 100_000
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
