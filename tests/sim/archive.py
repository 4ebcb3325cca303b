"""The archive: what is on disk at the end of a run, and the problems that it shows. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from common.messages import Event
from scripts.soak.checker import LoggedEvent, find_misplaced
from tests.sim.crowds import Spells
from tests.sim.history import Acked

Logs = Mapping[str, Sequence[Event]]


class Archive(Struct):
    """`epochs` has the log of each room by epoch; the newest epoch comes last."""

    epochs: dict[str, Logs]
    members: dict[str, set[str]]
    """The uids of each private room."""
    page: tuple[int, int] = (50, 200)
    """A newcomer is shown at most so many (messages, events)."""
    crowds: Mapping[str, Mapping[str, Spells]] = {}
    """By epoch and room: in which parts of its log the room was a crowd."""

    @property
    def epoch(self) -> str:
        return list(self.epochs)[-1]

    def log(self, epoch: str, room: str) -> Sequence[Event]:
        return self.epochs.get(epoch, {}).get(room, ())


def wrong_acks(archive: Archive, acks: Sequence[Acked]) -> Iterator[str]:
    first: dict[tuple[str, str, str], int] = {}
    for ack in acks:
        logs = [archive.log(epoch, ack.room) for epoch in archive.epochs]
        kept = [log[ack.seq - 1] for log in logs if 1 <= ack.seq <= len(log)]
        if not any(
            (e.kind, e.uid, e.id) == ("message", ack.uid, ack.id) and (e.text == ack.text or e.rev)
            for e in kept
        ):
            yield f"acked and lost: {ack}"
        seq = first.setdefault((ack.uid, ack.room, ack.id), ack.seq)
        if seq != ack.seq and len(archive.epochs) == 1:
            yield f"acked at two places: {ack} and {seq}"


def wrong_ids(archive: Archive) -> Iterator[str]:
    for logs in archive.epochs.values():
        for room, log in logs.items():
            lines = [LoggedEvent(event.seq, event.kind, event.uid, event.id) for event in log]
            yield from (f"{room}: {problem}" for problem in find_misplaced(lines))


def wrong_comings(archive: Archive) -> Iterator[str]:
    """Nobody may join who is in the room already; nobody may leave or be renamed who is not. A
    crowd has no such events, so that after it the log does not tell who is in the room."""
    for epoch, logs in archive.epochs.items():
        for room, log in logs.items():
            here: dict[str, str] = {}
            spells = iter(archive.crowds.get(epoch, {}).get(room, ()))
            spell, crowd, sure = next(spells, None), False, True
            for event in log:
                while spell is not None and spell[0] < event.seq:
                    crowd, spell = spell[1], next(spells, None)
                    sure = sure and not crowd
                    here = {} if crowd else here
                if crowd and event.kind in ("join", "leave", "rename"):
                    yield f"{room} is a crowd and tells of {event}"
                if event.kind == "join":
                    if event.uid in here:
                        yield f"{event.user} joined {room} twice: {event.seq}"
                    if event.user.casefold() in {name.casefold() for name in here.values()}:
                        yield f"two are called {event.user} in {room}: {event.seq}"
                    here[event.uid] = event.user
                elif event.kind == "leave" and here.pop(event.uid, None) is None and sure:
                    yield f"{event.user} left {room} without being there: {event.seq}"
                elif event.kind == "rename":
                    if here.get(event.uid, None if sure else event.text) != event.text:
                        yield f"{event.text} was renamed in {room} and is not there: {event.seq}"
                    here[event.uid] = event.user
