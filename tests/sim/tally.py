"""The tally of a run: what the broker has done, and where rooms turned into crowds."""

from collections import Counter
from collections.abc import Sequence

from broker.core.core import Core
from broker.effects import Append, Effect, Send, Write
from common.messages import AnyCommand, Ban, Failed, GetPage, Gone, Join, Leave, Register, Say
from tests.sim.disk import Disk

_MOVING = (Join, Leave, Gone, Register, Ban)
"""The commands by which people come into a room or go out of it."""


class Tally:
    """`counts` has how often things happened, by name."""

    def __init__(self, rooms: Sequence[str]) -> None:
        self.counts: Counter[str] = Counter()
        self._rooms = rooms

    def opened(self, core: Core, disk: Disk) -> None:
        """A core was started from what is on disk."""
        disk.crowds.begin_again()
        self.ticked(core, disk)

    def ticked(self, core: Core, disk: Disk) -> None:
        self.counts["crowds"] += disk.crowds.look(core, self._rooms)

    def handled(self, command: AnyCommand, effects: list[Effect], core: Core, disk: Disk) -> None:
        match command:
            case Say():
                last = effects[-1]
                done = isinstance(last, Send) and not isinstance(last.answer, Failed)
                self.counts["dedupes"] += done and not any(isinstance(e, Append) for e in effects)
            case GetPage(after=after, before=before):
                # A replica that has a hole asks so; a question for a catch-up has a `before`.
                self.counts["refills"] += after is not None and not before
            case _ if isinstance(command, _MOVING):
                self.ticked(core, disk)

    def wrote(self, writes: Sequence[Write]) -> None:
        self.counts["events"] += sum(isinstance(write, Append) for write in writes)
