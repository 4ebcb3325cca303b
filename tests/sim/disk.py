"""The disk: a Shelf that can refuse commits, and that can be copied, as a backup is."""

from msgspec.structs import replace

from broker.effects import Snapshot
from common.messages import Paged
from tests.sim.crowds import Crowds
from tests.support.shelf import Shelf


class Disk(Shelf):
    """If `refuses` is true, commits fail. Terms grow with the wall clock, as in the real store."""

    def __init__(self, epoch: str) -> None:
        super().__init__()
        self.epoch = epoch
        self.refuses = False
        self.crowds = Crowds(self.logs)

    def start(self, wall: float, seen_after: float) -> Snapshot:
        self.term = max(self.term, int(wall * 1000) - 1)
        return replace(self.open(seen_after), epoch=self.epoch)

    def copy(self, epoch: str) -> "Disk":
        """A backup of the disk, as it is when restored: it has another epoch."""
        other = Disk(epoch)
        other.term = self.term
        other.kinds = dict(self.kinds)
        other.logs = {room: list(log) for room, log in self.logs.items()}
        other.people = dict(self.people)
        other.sessions = dict(self.sessions)
        other.said = dict(self.said)
        other.lists = dict(self.lists)
        other.crowds = self.crowds.copy(other.logs)
        return other

    def page(
        self, term: int, no: int, room: str, after: int | None, before: int, limit: int
    ) -> Paged:
        """What `broker.shell.page_reader` answers, without the members."""
        log = self.logs.get(room, [])
        end = min(len(log), before - 1) if before else len(log)
        if after is None:
            start = max(0, end - limit)
            events, more = log[start:end], start > 0
        else:
            stop = min(end, after + limit)
            events, more = log[after:stop], stop < end
        return Paged(
            term=term, no=no, room=room, epoch=self.epoch, head=len(log), events=events, more=more
        )
