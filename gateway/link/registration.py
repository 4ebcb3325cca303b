"""The sittings: who is here, cut to batches that a Register can carry."""

from collections.abc import Iterable, Iterator

from common.codec import PAGE_BYTES
from common.messages import SessionInfo

SITTINGS = 1000
"""The most in one Register (common.messages)."""
CHAR_BYTES = 4
SITTING_BYTES = 600
"""A sitting without its rooms, at most."""


def batches(sittings: Iterable[SessionInfo]) -> Iterator[tuple[list[SessionInfo], bool]]:
    """The batches in order, each with whether it is the last; with nobody here one empty batch.
    The sittings are read as far as the batch needs."""
    batch: list[SessionInfo] = []
    size_bytes = 0
    for sitting in sittings:
        size = SITTING_BYTES + sum(len(room) * CHAR_BYTES + 3 for room in sitting.rooms)
        if batch and (len(batch) == SITTINGS or size_bytes + size > PAGE_BYTES):
            yield batch, False
            batch, size_bytes = [], 0
        batch.append(sitting)
        size_bytes += size
    yield batch, True
