"""The history: what was acked, what is in the archive, what each listener saw, and what is wrong
with it. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

TOLD = 20
"""Problems told of each kind: thousands would say no more."""


class LoggedEvent(Struct, frozen=True):
    """An event of a room, as the archive or a listener has it."""

    seq: int
    kind: str
    uid: str = ""
    id: str = ""
    text: str = ""
    timestamp: float = 0.0


class Ack(Struct, frozen=True):
    """A message was acked. One that was said twice may be acked twice."""

    uid: str
    id: str
    text: str
    seq: int


class ViewBegan(Struct, frozen=True):
    """From here a listener sees the room anew: exactly what comes after `after`, or (None) from
    wherever the newest page begins. Its join or a `reset`."""

    after: int | None


Seen = LoggedEvent | ViewBegan


def find_problems(
    archive: Sequence[LoggedEvent], acks: Iterable[Ack], views: Mapping[str, Sequence[Seen]]
) -> list[str]:
    """What breaks a promise in one room, in words; nothing if all is well. `archive` is the whole
    log. First `acks` of one uid are in the order in which it said the messages, one by one.
    Whoever has a view must have seen the log to its end."""
    found = [*find_misplaced(archive), *_acks(archive, acks)]
    for name, view in views.items():
        found += _view(archive, name, view)
    return found


def find_misplaced(archive: Sequence[LoggedEvent]) -> list[str]:
    """The lines of a whole log that are not at the place of their Seq, and the ids that
    are in it more than once."""
    found = [
        f"archive: Seq {line.seq} at place {place}"
        for place, line in enumerate(archive, 1)
        if line.seq != place
    ]
    said = Counter((line.uid, line.id) for line in archive if line.id)
    found += [f"archive: {key} is there {count} times" for key, count in said.items() if count > 1]
    return found[:TOLD]


def _acks(archive: Sequence[LoggedEvent], acks: Iterable[Ack]) -> list[str]:
    found: list[str] = []
    last: dict[str, int] = {}
    at: dict[tuple[str, str], int] = {}
    for ack in acks:
        line = archive[ack.seq - 1] if 0 < ack.seq <= len(archive) else None
        if line is None:
            found.append(f"ack: {ack.id!r} was acked as {ack.seq}, which is not in the archive")
        elif (line.kind, line.uid, line.id, line.text) != ("message", ack.uid, ack.id, ack.text):
            found.append(f"ack: {ack.id!r} was acked as {ack.seq}, where the archive has {line}")
        first = at.get((ack.uid, ack.id))
        if first is not None:
            if first != ack.seq:
                found.append(f"ack: {ack.id!r} was acked as {first} and as {ack.seq}")
            continue
        at[ack.uid, ack.id] = ack.seq
        if ack.seq < last.get(ack.uid, 0):
            found.append(f"ack: {ack.id!r} is at {ack.seq}, before what was said earlier")
        last[ack.uid] = ack.seq
    return found[:TOLD]


def _view(archive: Sequence[LoggedEvent], name: str, view: Sequence[Seen]) -> list[str]:
    found: list[str] = []
    expected: int | None = None
    begun = False
    head = 0
    for seen in view:
        if isinstance(seen, ViewBegan):
            begun = True
            expected = None if seen.after is None else seen.after + 1
            head = seen.after or 0
            continue
        if not begun:
            found.append(f"{name}: saw {seen.seq} before its join was acked")
        elif expected is not None and seen.seq != expected:
            what = "a hole" if seen.seq > expected else "a repeat"
            found.append(f"{name}: {what}: saw {seen.seq}, not {expected}")
        if not 0 < seen.seq <= len(archive) or archive[seen.seq - 1] != seen:
            found.append(f"{name}: saw {seen}, which the archive has not")
        head = seen.seq
        expected = head + 1
    if head < len(archive):
        found.append(f"{name}: saw nothing after {head}, the archive goes to {len(archive)}")
    return found[:TOLD]
