"""The pending commands: asked of the broker and not answered, kept in order until they are."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from common.codec import FRAME_BYTES
from common.messages import AnyAnswer

KEPT_COMMANDS = 50_000
KEPT_BYTES = 64 << 20
COMMAND_BYTES = 400
"""What a kept command takes in memory besides its frame, roughly."""

OnAnswer = Callable[[AnyAnswer | None], None]


class Kept(Struct, frozen=True):
    """One command that waits for its answer."""

    frame: bytes
    on_answer: OnAnswer
    until: float


class Pending:
    """Each command leaves once: answered, overdue or cleared. Numbers are added in rising order."""

    def __init__(self, commands: int = KEPT_COMMANDS, size_bytes: int = KEPT_BYTES) -> None:
        self._most_commands = commands
        self._most_bytes = size_bytes
        self._kept: dict[float, dict[int, Kept]] = {}
        """By the time that they are kept, so that in each the first is the first to be overdue."""
        self.bytes = 0
        self.commands = 0

    def add(self, no: int, frame: bytes, on_answer: OnAnswer, now: float, keep_s: float) -> bool:
        """Keeps a command for this long; False if there is no room for it."""
        size = len(frame) + COMMAND_BYTES
        full = self.commands >= self._most_commands or self.bytes + size > self._most_bytes
        if full or len(frame) > FRAME_BYTES:
            return False
        self._kept.setdefault(keep_s, {})[no] = Kept(frame, on_answer, now + keep_s)
        self.commands += 1
        self.bytes += size
        return True

    def answered(self, no: int) -> OnAnswer | None:
        """Whom to tell the answer; None if nobody waits for it (any more)."""
        for kept in self._kept.values():
            if no in kept:
                return self._drop(kept, no)
        return None

    def overdue(self, now: float) -> list[OnAnswer]:
        """Gives up what has waited too long."""
        told = []
        for kept in self._kept.values():
            while kept and kept[no := next(iter(kept))].until <= now:
                told.append(self._drop(kept, no))
        return told

    def clear(self) -> list[OnAnswer]:
        """Gives up all."""
        return [self._drop(kept, no) for kept in self._kept.values() for no in list(kept)]

    def frames(self) -> Iterator[bytes]:
        """All that has no answer, in order; what is added until the last was read, too."""
        last = -1
        while numbers := sorted(no for some in self._kept.values() for no in some if no > last):
            for last in numbers:
                for kept in list(self._kept.values()):
                    if last in kept:
                        yield kept[last].frame

    def _drop(self, kept: dict[int, Kept], no: int) -> OnAnswer:
        one = kept.pop(no)
        self.commands -= 1
        self.bytes -= len(one.frame) + COMMAND_BYTES
        return one.on_answer
