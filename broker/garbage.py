"""The garbage collector, kept away from what lives long.

A hundred thousand people are a million objects; to look through them stops everything for half a
second, and finds nothing: what the core drops, it drops whole, and counting references frees it.
"""

import gc

SETTLE_S = 1.0
YOUNG_OBJECTS = 10_000
"""So many new ones are looked through at once: a millisecond."""


def begin() -> None:
    """After a core was made, perhaps in the place of another one, which was full of cycles."""
    gc.set_threshold(YOUNG_OBJECTS)
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def settle() -> None:
    """Whatever is there by now is looked at no more. To be called every SETTLE_S."""
    gc.collect(1)
    gc.freeze()
