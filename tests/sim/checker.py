"""The checker: compares what sockets were told with the archive. Pure.

`archive` has the log of each room by epoch; the last epoch is the one at the end. Every problem is
one line.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from common.messages import Event
from common.names import SYSTEM, is_private
from gateway.lines import newest
from tests.sim.history import Acked, Heard, Joined, Left, Reset, View

Logs = Mapping[str, Sequence[Event]]


class Archive(Struct):
    """What is on disk: per epoch the log of each room, the newest epoch last."""

    epochs: dict[str, Logs]
    members: dict[str, set[str]]
    """The uids of each private room."""
    page: tuple[int, int] = (50, 200)
    """(messages, events) that a newcomer is shown."""

    @property
    def epoch(self) -> str:
        return list(self.epochs)[-1]

    def log(self, epoch: str, room: str) -> Sequence[Event]:
        return self.epochs.get(epoch, {}).get(room, ())


class _Place(Struct):
    """Where a socket is in a room: the next Seq, or a page is to come that shows up to `page`."""

    epoch: str
    next: int | None = None
    page: int = 0
    joined: bool = True


def check(archive: Archive, views: Sequence[View], acks: Sequence[Acked]) -> list[str]:
    """All that is wrong."""
    problems = [*_ids(archive), *_comings(archive), *_acks(archive, acks)]
    for view in views:
        problems += _Reader(archive, view).read()
    return problems


class _Reader:
    """Follows one socket."""

    def __init__(self, archive: Archive, view: View) -> None:
        self._archive = archive
        self._view = view
        self._places: dict[str, _Place] = {}
        self._epoch = ""
        self._bound = False

    def read(self) -> list[str]:
        return [f"{self._view.name}: {problem}" for problem in self._problems()]

    def _problems(self) -> Iterator[str]:
        for told in self._view.told:
            match told:
                case Joined():
                    yield from self._joined(told)
                case Left(room):
                    self._places.pop(room, None)
                case Reset(room, epoch, seq):
                    if room not in self._places and not is_private(room) and room != SYSTEM:
                        yield f"a reset of {room}, where it is not"
                    joined = room in self._places and self._places[room].joined
                    self._places[room] = _Place(epoch, None, seq, joined)
                    self._epoch = epoch
                case Heard():
                    problem = self._heard(told)
                    if problem:
                        yield problem
                        return  # all that follows would be wrong, too
        if self._view.complete:
            yield from self._end()

    def _joined(self, told: Joined) -> Iterator[str]:
        self._epoch = told.epoch
        if not self._bound:
            self._bound = True
            for room, head in told.private.items():
                if room not in self._places:  # else it has heard of it already
                    self._places[room] = _Place(told.epoch, head + 1, joined=False)
        here = self._places.get(told.room)
        if here is not None and here.joined:
            return  # again
        if not told.recovered:
            self._places[told.room] = _Place(told.epoch, None, told.seq)
        elif told.since is None:
            yield f"{told.room} recovered from nothing"
        else:
            self._places[told.room] = _Place(told.epoch, told.since + 1)

    def _heard(self, event: Heard) -> str:
        room, place = event.room, self._places.get(event.room)
        if is_private(room) and self._view.uid not in self._archive.members.get(room, set()):
            return f"a leak: it heard {event}"
        if place is None:
            if room == SYSTEM:
                place = _Place(self._epoch or self._archive.epoch, event.seq)
            elif is_private(room):
                place = _Place(self._epoch_of(event), 1, joined=False)
            else:
                return f"it is not in {room}, but heard {event}"
            self._places[room] = place
        if not place.joined:
            self._look_again(place, event)
        log = self._archive.log(place.epoch, room)
        if not 1 <= event.seq <= len(log) or not self._is(event, log[event.seq - 1]):
            if room == SYSTEM and self._anywhere(event):
                place.next = event.seq + 1  # before its first join a socket knows no epoch
                return ""
            return f"a foreign event: {event}"
        if place.next is None:
            if not self._may_begin(log, place.page, event.seq):
                return f"a page of {room} at {place.page} that begins with {event.seq}"
        elif event.seq > place.next:
            return f"a hole in {room}: {place.next} to {event.seq - 1}"
        elif event.seq < place.next:
            return f"a repeat or disorder in {room}: {event.seq} instead of {place.next}"
        place.next = event.seq + 1
        return ""

    def _is(self, heard: Heard, event: Event) -> bool:
        kind = event.kind
        if self._view.plain and kind == "announce":
            kind = "message"
        same = (heard.kind, heard.user, heard.uid, heard.id) == (
            kind, event.user, event.uid, event.id
        )  # fmt: skip
        return same and (heard.text == event.text or bool(event.rev))

    def _look_again(self, place: _Place, event: Heard) -> None:
        """A retried message may be first in two epochs: what follows it tells which it is."""
        old = self._archive.log(place.epoch, event.room)
        for epoch in self._archive.epochs:
            log, before = self._archive.log(epoch, event.room), event.seq - 1
            same = [e.id for e in log[:before]] == [e.id for e in old[:before]]
            fits = len(log) > before and self._is(event, log[before])
            fitted = len(old) > before and self._is(event, old[before])
            if epoch > place.epoch and same and fits and not fitted:
                place.epoch = epoch

    def _epoch_of(self, event: Heard) -> str:
        """A room that a socket has not heard of is of the newest epoch that can be."""
        logs = {epoch: self._archive.log(epoch, event.room) for epoch in self._archive.epochs}
        fits = [e for e, log in logs.items() if log and self._is(event, log[event.seq - 1])]
        return self._epoch if not fits or self._epoch in fits else fits[-1]

    def _anywhere(self, event: Heard) -> bool:
        logs = [self._archive.log(epoch, event.room) for epoch in self._archive.epochs]
        return any(event.seq <= len(log) and self._is(event, log[event.seq - 1]) for log in logs)

    def _may_begin(self, log: Sequence[Event], seq: int, first: int) -> bool:
        """Whether the newest page, read when the room was at `seq` or later, may begin there. A
        join of one's own is shown above the limit."""
        messages, events = self._archive.page
        longest = newest(log[:seq], messages, events + 1)
        heads = range(seq, len(log) + 1)
        begins = [page[0].seq for h in heads if (page := newest(log[:h], messages, events))]
        return bool(begins) and (longest[0].seq if longest else 1) <= first <= max(begins)

    def _end(self) -> Iterator[str]:
        epoch = self._archive.epoch
        for room, members in self._archive.members.items():
            if self._bound and not self._view.plain and self._view.uid in members:
                self._places.setdefault(room, _Place(epoch, 1))
        for room, place in self._places.items():
            head = len(self._archive.log(epoch, room))
            if place.epoch != epoch:
                yield f"it was not told that {room} began anew"
            elif place.next is None and head:
                yield f"a silent part: no page of {room}, which is at {head}"
            elif place.next is not None and place.next <= head:
                yield f"a silent part of {room}: {place.next} to {head}"


def _acks(archive: Archive, acks: Sequence[Acked]) -> Iterator[str]:
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


def _ids(archive: Archive) -> Iterator[str]:
    for logs in archive.epochs.values():
        for room, log in logs.items():
            seen: dict[tuple[str, str], int] = {}
            for place, event in enumerate(log, 1):
                if event.seq != place:
                    yield f"the archive of {room} has {event.seq} at {place}"
                if event.id and seen.setdefault((event.uid, event.id), event.seq) != event.seq:
                    yield f"{event.id} of {event.uid} is in {room} twice"


def _comings(archive: Archive) -> Iterator[str]:
    """Nobody joins who is here, nobody leaves or is renamed who is not."""
    for logs in archive.epochs.values():
        for room, log in logs.items():
            here: dict[str, str] = {}
            for event in log:
                if event.kind == "join":
                    if event.uid in here:
                        yield f"{event.user} joined {room} twice: {event.seq}"
                    if event.user.casefold() in {name.casefold() for name in here.values()}:
                        yield f"two are called {event.user} in {room}: {event.seq}"
                    here[event.uid] = event.user
                elif event.kind == "leave" and here.pop(event.uid, None) is None:
                    yield f"{event.user} left {room} without being there: {event.seq}"
                elif event.kind == "rename":
                    if here.get(event.uid) != event.text:
                        yield f"{event.text} was renamed in {room} and is not there: {event.seq}"
                    here[event.uid] = event.user
