"""The checker: compares acks, the archive and what each listener saw. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

PROBLEMS = 20
"""Problems of each kind that are reported: thousands would tell no more."""


class LoggedEvent(Struct, frozen=True):
    """An event of a room, as it is in the archive, or as a listener received it."""

    seq: int
    kind: str
    uid: str = ""
    id: str = ""
    text: str = ""
    timestamp: float = 0.0


class Ack(Struct, frozen=True):
    """The ack of a message. A message that was sent twice may be acked twice."""

    uid: str
    id: str
    text: str
    seq: int


class ViewBegan(Struct, frozen=True):
    """A join or a `reset`: the listener's next event must be the one after `after`; None: it may be
    any, since the newest page follows."""

    after: int | None


Seen = LoggedEvent | ViewBegan


def find_problems(
    archive: Sequence[LoggedEvent], acks: Iterable[Ack], views: Mapping[str, Sequence[Seen]]
) -> list[str]:
    """Describes everything that breaks a promise in one room. `archive` is the whole log. The first
    `acks` of each uid are in the order in which that person sent the messages, one by one. Each
    view must reach the end of the log."""
    found = [*find_misplaced(archive), *_acks(archive, acks)]
    for name, view in views.items():
        found += _view(archive, name, view)
    return found


def find_misplaced(archive: Sequence[LoggedEvent]) -> list[str]:
    """Describes the events of a whole log that are not at the position of their Seq, and the ids
    that are in the log more than once."""
    found = [
        f"archive: Seq {event.seq} at position {position}"
        for position, event in enumerate(archive, 1)
        if event.seq != position
    ]
    said = Counter((event.uid, event.id) for event in archive if event.id)
    found += [f"archive: {key} is in it {count} times" for key, count in said.items() if count > 1]
    return found[:PROBLEMS]


def _acks(archive: Sequence[LoggedEvent], acks: Iterable[Ack]) -> list[str]:
    found: list[str] = []
    last: dict[str, int] = {}
    at: dict[tuple[str, str], int] = {}
    for ack in acks:
        event = archive[ack.seq - 1] if 0 < ack.seq <= len(archive) else None
        if event is None:
            found.append(f"ack: {ack.id!r} was acked as {ack.seq}, which is not in the archive")
        elif (event.kind, event.uid, event.id, event.text) != (
            "message",
            ack.uid,
            ack.id,
            ack.text,
        ):
            found.append(f"ack: {ack.id!r} was acked as {ack.seq}, where the archive has {event}")
        first = at.get((ack.uid, ack.id))
        if first is not None:
            if first != ack.seq:
                found.append(f"ack: {ack.id!r} was acked as {first} and as {ack.seq}")
            continue
        at[ack.uid, ack.id] = ack.seq
        if ack.seq < last.get(ack.uid, 0):
            found.append(f"ack: {ack.id!r} is at {ack.seq}, before a message that was sent earlier")
        last[ack.uid] = ack.seq
    return found[:PROBLEMS]


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
            found.append(f"{name}: saw {seen}, which is not in the archive")
        head = seen.seq
        expected = head + 1
    if head < len(archive):
        found.append(f"{name}: saw nothing after {head}, the archive goes to {len(archive)}")
    return found[:PROBLEMS]
