"""The garbage collector, kept away from what lives long.

A hundred thousand people are a million objects; to look through them stops everything for half a
second, and finds nothing: what the core drops, it drops whole, and counting references frees it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SETTLE_S = 1.0
YOUNG_OBJECTS = 10_000
"""So many new ones are looked through at once: a millisecond."""


@contextmanager
def away() -> Iterator[None]:
    """While a core is made. If it takes the place of another one, which is full of cycles and was
    dropped inside, that one goes."""
    gc.disable()
    try:
        yield
    finally:
        gc.set_threshold(YOUNG_OBJECTS)
        if gc.get_freeze_count():
            gc.unfreeze()
            gc.collect()
        gc.freeze()
        gc.enable()


def settle() -> None:
    """Whatever is there by now is looked at no more. To be called every SETTLE_S."""
    gc.collect(1)
    gc.freeze()
