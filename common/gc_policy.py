"""The garbage collector, kept out of the hot path.

By itself Python's collector visits everything that lives whenever enough is new: half a second with
ten thousand connections, or a million objects of a broker. What lives long in these processes
leaves no cycles behind (tests look). So only young objects are visited as they come, in steps of a
few milliseconds, and what has survived for a while is taken for permanent ("frozen").
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 5_000
"""Net allocations between two collections of what is new."""
YOUNG_COLLECTIONS = 5
"""Collections of what is new between two of what has survived one."""


class GcPolicy:
    """From `start` on `settle` has to be called every so often. `on_pause` is called with the
    seconds of each collection."""

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
        """Everything is as it was before `start`."""
        if self._on_pause is not None:
            gc.callbacks.remove(self._time)
        gc.set_threshold(*self._thresholds)
        gc.unfreeze()

    def settle(self, *, everything: bool = False) -> None:
        """Collects what is new since the last time; what survives is frozen. `everything`: visits
        the frozen objects, too, which takes time if there are many."""
        if everything:
            gc.unfreeze()
        gc.collect()
        gc.freeze()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Collects nothing while a large structure is made, which is frozen then. If frozen objects
        were dropped inside, which may be full of cycles, they are collected at the end."""
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
