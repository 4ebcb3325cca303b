"""The checker: compares what sockets were told with the archive. Pure.

`archive` has the log of each room by epoch; the last epoch is the one at the end. Every problem is
one line.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from common.messages import Event
from common.names import SYSTEM, is_private
from tests.sim.archive import Archive, wrong_acks, wrong_comings, wrong_ids
from tests.sim.history import Acked, Heard, Joined, Left, Reset, View


class _Place(Struct):
    """How far a socket is in a room. `next` is the Seq that has to come next. If it is None the
    newest page has to come, read when the head of the room was `head` or later."""

    epoch: str
    next: int | None = None
    head: int = 0
    joined: bool = True


def check(archive: Archive, views: Sequence[View], acks: Sequence[Acked]) -> list[str]:
    """Everything that breaks a promise, in words."""
    problems = [*wrong_ids(archive), *wrong_comings(archive), *wrong_acks(archive, acks)]
    for view in views:
        problems += _Reader(archive, view).read()
    return problems


def newest(log: Sequence[Event], messages: int, events: int) -> Sequence[Event]:
    """The page that a newcomer is shown of a log, as docs/wire.md has it: the last `messages`
    messages and all between them, but no more than the last `events` events."""
    if messages == 0:
        return []
    said = [place for place, event in enumerate(log) if event.kind == "message"]
    first = said[-messages] if len(said) >= messages else 0
    return log[max(first, len(log) - events) :]


class _Reader:
    """Follows one socket."""

    def __init__(self, archive: Archive, view: View) -> None:
        self._archive = archive
        self._view = view
        self._places: dict[str, _Place] = {}
        self._epoch = ""
        self._bound = False
        self._texts: dict[str, dict[int, str]] = {}
        """By room and Seq: the texts of the messages that the page shows now."""

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
                    self._texts.pop(room, None)
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
                if room not in self._places:  # an event of the room may have come earlier
                    self._places[room] = _Place(told.epoch, head + 1, head, joined=False)
        here = self._places.get(told.room)
        if here is not None and here.joined:
            return  # the join was repeated, and changes nothing
        if not told.recovered:
            self._places[told.room] = _Place(told.epoch, None, told.seq)
            self._texts.pop(told.room, None)
        elif told.since is None:
            yield f"{told.room} recovered from nothing"
        else:
            self._places[told.room] = _Place(told.epoch, told.since + 1, told.seq)

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
        if self._view.plain:
            return self._heard_plainly(place, event)
        log = self._archive.log(place.epoch, room)
        if not self._has(log, event):
            if room == SYSTEM and self._anywhere(event):
                # Before its first join a socket knows no epoch.
                place.next = event.seq + 1
                return ""
            return f"a foreign event: {event}"
        if place.next is None:
            if not self._may_begin(log, place.head, event.seq):
                return f"a page of {room} at {place.head} that begins with {event.seq}"
        elif event.seq > place.next:
            return f"a hole in {room}: {place.next} to {event.seq - 1}"
        elif event.seq < place.next:
            return f"a repeat or disorder in {room}: {event.seq} instead of {place.next}"
        if event.text and not log[event.seq - 1].text and log[event.seq - 1].rev <= place.head:
            return f"{event} was deleted at {log[event.seq - 1].rev}, before {place.head}"
        place.next = event.seq + 1
        self._show(event)
        return ""

    def _show(self, event: Heard) -> None:
        shown = self._texts.setdefault(event.room, {})
        if event.kind == "delete":
            if event.ref in shown:
                shown[event.ref] = ""
        elif event.kind in ("message", "announce"):
            shown[event.seq] = event.text

    def _is(self, heard: Heard, event: Event) -> bool:
        kind = heard.kind
        if self._view.plain and event.kind == "announce":
            kind = "announce"  # a socket that is known to be plain gets it as a message
        same = (kind, heard.user, heard.uid, heard.id) == (
            event.kind, event.user, event.uid, event.id
        )  # fmt: skip
        return same and (heard.text == event.text or bool(event.rev))

    def _has(self, log: Sequence[Event], heard: Heard) -> bool:
        return 1 <= heard.seq <= len(log) and self._is(heard, log[heard.seq - 1])

    def _heard_plainly(self, place: _Place, event: Heard) -> str:
        """A plain page gets no `reset`: where others get one, the newest page simply comes. So each
        event either follows the one before or begins such a page."""
        logs = [self._archive.log(epoch, event.room) for epoch in self._archive.epochs]
        logs = [log for log in logs if self._has(log, event)]
        if not logs:
            return f"a foreign event: {event}"
        if place.next != event.seq:
            if not any(self._may_begin(log, event.seq, event.seq) for log in logs):
                return f"a hole or repeat in {event.room}: {event.seq} instead of {place.next}"
            self._texts.pop(event.room, None)
        place.next = event.seq + 1
        self._show(event)
        return ""

    def _look_again(self, place: _Place, event: Heard) -> None:
        """Finds the epoch of the place again: a message that was sent twice may be in the logs of
        two epochs, and the events after it tell in which of them the socket is."""
        old = self._archive.log(place.epoch, event.room)
        for epoch in self._archive.epochs:
            log, before = self._archive.log(epoch, event.room), event.seq - 1
            same = [e.id for e in log[:before]] == [e.id for e in old[:before]]
            fits, fitted = self._has(log, event), self._has(old, event)
            if epoch > place.epoch and same and fits and not fitted:
                place.epoch = epoch

    def _epoch_of(self, event: Heard) -> str:
        """The epoch of the first event of a room that a socket had not heard of: the socket's own
        epoch, or else the newest epoch that has the event."""
        logs = {epoch: self._archive.log(epoch, event.room) for epoch in self._archive.epochs}
        fits = [e for e, log in logs.items() if self._has(log, event)]
        return self._epoch if not fits or self._epoch in fits else fits[-1]

    def _anywhere(self, event: Heard) -> bool:
        logs = [self._archive.log(epoch, event.room) for epoch in self._archive.epochs]
        return any(self._has(log, event) for log in logs)

    def _may_begin(self, log: Sequence[Event], seq: int, first: int) -> bool:
        """Whether the newest page, read when the head of the room was `seq` or later, may begin
        with `first`. One event more is allowed: the socket's own join is always shown."""
        messages, events = self._archive.page
        longest = newest(log[:seq], messages, events + 1)
        heads = range(seq, len(log) + 1)
        begins = [page[0].seq for h in heads if (page := newest(log[:h], messages, events))]
        return bool(begins) and (longest[0].seq if longest else 1) <= first <= max(begins)

    def _end(self) -> Iterator[str]:
        epoch = self._archive.epoch
        plain = self._view.plain
        for room, members in self._archive.members.items():
            if self._bound and not plain and self._view.uid in members:
                self._places.setdefault(room, _Place(epoch, 1))
        for room, place in self._places.items():
            head = len(self._archive.log(epoch, room))
            if place.epoch != epoch and not plain:
                yield f"it was not told that {room} began anew"
            elif place.next is None and head:
                yield f"a silent part: no page of {room}, which is at {head}"
            elif place.next is not None and place.next <= head:
                yield f"a silent part of {room}: {place.next} to {head}"
            elif not plain or len(self._archive.epochs) == 1:
                log = self._archive.log(epoch, room)
                for seq, text in self._texts.get(room, {}).items():
                    if log[seq - 1].text != text:
                        yield f"in {room} it shows {text!r} at {seq}, which is {log[seq - 1]}"
