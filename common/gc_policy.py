"""The policy for the garbage collector, which keeps long collections out of the hot path.

By default Python's collector visits all objects whenever enough of them are new: with ten thousand
connections, or a million objects of a broker, that takes half a second. Long-lived objects of these
processes leave no cycles behind (tests check this). So only young objects are visited, in steps of
a few milliseconds, and objects that have survived for a while are treated as permanent ("frozen").
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 5_000
"""Net allocations between two collections of the youngest objects."""
YOUNG_COLLECTIONS = 5
"""Collections of the youngest objects between two collections of the objects that survived one."""


class GcPolicy:
    """After `start`, call `settle` about once a second. `on_pause` is called with the duration of
    each collection in seconds."""

    def __init__(self, on_pause: Callable[[float], None] | None = None) -> None:
        self._on_pause = on_pause
        self._began = 0.0
        self._thresholds = gc.get_threshold()

    def start(self) -> None:
        self._thresholds = gc.get_threshold()
        if self._on_pause is not None:
            gc.callbacks.append(self._time)
        gc.set_threshold(YOUNG_OBJECTS, YOUNG_COLLECTIONS, 1 << 30)

    def stop(self) -> None:
        """Restores the thresholds of before `start`, and unfreezes all objects."""
        if self._on_pause is not None:
            gc.callbacks.remove(self._time)
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()

    def settle(self, *, everything: bool = False) -> None:
        """Collects the objects that are new since the last call, and freezes those that survive.
        With `everything` the frozen objects are visited too, which is slow if there are many."""
        if everything:
            gc.unfreeze()
        gc.collect()
        gc.freeze()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stops collections while the block makes a large structure, and freezes it at the end. If
        older objects were frozen, they are visited first: the block may have dropped cycles."""
        gc.disable()
        try:
            yield
        finally:
            if gc.get_freeze_count():
                gc.unfreeze()
                gc.collect()
            gc.freeze()
            gc.enable()

    def _time(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        elif self._on_pause is not None:
            self._on_pause(time.perf_counter() - self._began)
