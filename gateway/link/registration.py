"""The registration: the sessions of a gateway, cut into batches that a Register can carry. Pure."""

from collections.abc import Iterable, Iterator

from common.codec import PAGE_BYTES
from common.messages import SessionInfo

BATCH_SESSIONS = 1000
"""The most sessions in one Register (common.messages)."""
CHAR_BYTES = 4
SESSION_BYTES = 600
"""The most bytes of a session in a Register, without its rooms."""


def batches(sessions: Iterable[SessionInfo]) -> Iterator[tuple[list[SessionInfo], bool]]:
    """Yields the batches in order, each with whether it is the last; without sessions one empty
    batch. The sessions are only read as far as the batch needs."""
    batch: list[SessionInfo] = []
    size_bytes = 0
    for session in sessions:
        size = SESSION_BYTES + sum(len(room) * CHAR_BYTES + 3 for room in session.rooms)
        if batch and (len(batch) == BATCH_SESSIONS or size_bytes + size > PAGE_BYTES):
            yield batch, False
            batch, size_bytes = [], 0
        batch.append(session)
        size_bytes += size
    yield batch, True
