"""A batch: the effects of many commands, whose writes are committed together."""

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
"""Above either a batch is full: the broker reads no more commands until it is committed. The bytes
are an estimate of the size of its writes."""


class Batch:
    """Effects of many commands, in their order: the writes to commit, and the answers and
    broadcasts to release once the writes are on disk."""

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
        """What is released of a batch whose commit failed. Every answer becomes `unavailable`: it
        is not known whether the command was executed. Nothing is published. Pages are still read
        and sent, since they show only what is on disk."""
        for release in self.releases:
            match release:
                case Send(peer, answer):
                    yield Send(peer, unavailable(answer))
                case SendPage() | SendRooms():
                    yield release
                case Publish():
                    pass


def unavailable(answer: AnyAnswer) -> AnyAnswer:
    """The answer to a command whose commit failed. A refusal stays as it is."""
    if isinstance(answer, Failed):
        return answer
    return Failed(
        term=answer.term,
        no=answer.no,
        code="unavailable",
        message="the store cannot be written at the moment: try again with the same id",
    )
