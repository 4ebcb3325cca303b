"""The pending commands: sent to the broker and not answered, kept in order until they are. Pure."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from common.codec import FRAME_BYTES
from common.messages import AnyAnswer

PENDING_COMMANDS = 50_000
PENDING_BYTES = 64 << 20
COMMAND_BYTES = 400
"""What a pending command takes in memory besides its frame, roughly."""

OnAnswer = Callable[[AnyAnswer | None], None]


class PendingCommand(Struct, frozen=True):
    """One command that waits for its answer."""

    frame: bytes
    on_answer: OnAnswer
    until: float


class Pending:
    """Each command is removed once: answered, overdue or cleared. Numbers are added in rising
    order. At most PENDING_COMMANDS and PENDING_BYTES are kept."""

    def __init__(self) -> None:
        self._by_keep_s: dict[float, dict[int, PendingCommand]] = {}
        """By how long a command is kept and by its number: within each of the inner dicts the first
        command is the first to be overdue."""
        self.bytes = 0
        self.commands = 0

    def add(self, no: int, frame: bytes, on_answer: OnAnswer, now: float, keep_s: float) -> bool:
        """Keeps a command for `keep_s` seconds. Returns False if there is no room for it, or no
        broker would take a frame of its size."""
        size = len(frame) + COMMAND_BYTES
        full = self.commands >= PENDING_COMMANDS or self.bytes + size > PENDING_BYTES
        if full or len(frame) > FRAME_BYTES:
            return False
        command = PendingCommand(frame, on_answer, now + keep_s)
        self._by_keep_s.setdefault(keep_s, {})[no] = command
        self.commands += 1
        self.bytes += size
        return True

    def answered(self, no: int) -> OnAnswer | None:
        """Removes the command of this number. Returns its callback; None if there is no such
        command (any more)."""
        for commands in self._by_keep_s.values():
            if no in commands:
                return self._remove(commands, no)
        return None

    def overdue(self, now: float) -> list[OnAnswer]:
        """Removes the commands that have waited for too long. Returns their callbacks."""
        callbacks = []
        for commands in self._by_keep_s.values():
            while commands and commands[no := next(iter(commands))].until <= now:
                callbacks.append(self._remove(commands, no))
        return callbacks

    def clear(self) -> list[OnAnswer]:
        """Removes all commands. Returns their callbacks."""
        return [
            self._remove(commands, no)
            for commands in self._by_keep_s.values()
            for no in list(commands)
        ]

    def frames(self) -> Iterator[bytes]:
        """The frames of all commands, in the order of their numbers. A command that is added before
        the last frame was read is included, one that is removed before its turn is not."""
        last = -1
        while numbers := sorted(
            no for commands in self._by_keep_s.values() for no in commands if no > last
        ):
            for last in numbers:
                for commands in list(self._by_keep_s.values()):
                    if last in commands:
                        yield commands[last].frame

    def _remove(self, commands: dict[int, PendingCommand], no: int) -> OnAnswer:
        command = commands.pop(no)
        self.commands -= 1
        self.bytes -= len(command.frame) + COMMAND_BYTES
        return command.on_answer
