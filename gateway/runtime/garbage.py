"""The garbage collector, kept out of the hot path.

Left alone it looks through everything that lives whenever enough is new: half a second with ten
thousand connections. But what lives long here leaves no cycles behind (a test of the gateway
looks). So only what is young is looked through as it comes, in steps of a few milliseconds, and the
rest at moments of our choosing.
"""

import asyncio
import gc
import time
from collections.abc import Callable

YOUNG_OBJECTS = 5_000
"""Net allocations between two looks at what is new since the last."""
YOUNG_LOOKS = 5
"""Looks between two at what has survived one."""
SETTLE_S = 60.0
"""After this long what has survived is taken for permanent."""


class GcPolicy:
    """`settle` once all is set up, then `run`. `at_rest` tells when there is time to look through
    everything. `note` is told the seconds of each pause."""

    def __init__(self, at_rest: Callable[[], bool], note: Callable[[float], None]) -> None:
        self._at_rest = at_rest
        self._note = note
        self._began = 0.0

    async def run(self) -> None:
        gc.callbacks.append(self._watch)
        thresholds = gc.get_threshold()
        gc.set_threshold(YOUNG_OBJECTS, YOUNG_LOOKS, 1 << 30)
        try:
            while True:
                self.settle()
                await asyncio.sleep(SETTLE_S)
        finally:
            gc.callbacks.remove(self._watch)
            gc.set_threshold(*thresholds)
            gc.unfreeze()

    def settle(self) -> None:
        """Looks through what has come since the last time; what lives is not looked at again, but
        when there is little of it."""
        if self._at_rest():
            gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _watch(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self._note(time.perf_counter() - self._began)
