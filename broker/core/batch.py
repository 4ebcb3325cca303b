"""Batches: the effects of many commands, committed together and released together. Pure."""

from collections.abc import Iterable, Iterator

from broker.effects import (
    Append,
    Effect,
    Publish,
    PutSession,
    Release,
    Send,
    SendPage,
    SendRooms,
    Stored,
    Write,
)
from common.messages import AnyAnswer, Failed

BATCH_EFFECTS = 20_000
BATCH_BYTES = 32 << 20
"""A gathering batch above either is full: the broker reads no more until it is committed."""


class Batch:
    """Effects of many commands, in their order."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.releases: list[Release] = []
        self._bytes = 0

    def add(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if not isinstance(effect, Stored):
                self.releases.append(effect)
                continue
            self.writes.append(effect)
            if isinstance(effect, Append):
                self._bytes += len(effect.event.text) * 4
            elif isinstance(effect, PutSession):
                self._bytes += len(effect.rooms) * 100

    def is_full(self) -> bool:
        return len(self.writes) + len(self.releases) > BATCH_EFFECTS or self._bytes > BATCH_BYTES

    def is_empty(self) -> bool:
        return not self.writes and not self.releases

    def refused(self) -> Iterator[Release]:
        """What is released of a batch that was not committed: pages, and for each answer that
        nobody knows what became of its command."""
        for release in self.releases:
            match release:
                case Send(peer, answer):
                    yield Send(peer, unavailable(answer))
                case SendPage() | SendRooms():
                    yield release
                case Publish():
                    pass


def unavailable(answer: AnyAnswer) -> AnyAnswer:
    """The answer to a command whose commit failed; a refusal stays what it was."""
    if isinstance(answer, Failed):
        return answer
    return Failed(
        term=answer.term,
        no=answer.no,
        code="unavailable",
        message="the store takes nothing at the moment; try again with the same id",
    )
