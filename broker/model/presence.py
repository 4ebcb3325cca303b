"""Presence: the gathered changes of who is in one room. Pure.

Whoever knows the names at a version, and applies all changes that were published since, knows the
names now. For that, names are told only while none are gathered (`current`): who asks meanwhile
waits until those are published. So changes are spaced however many ask, a page and the changes
after it add up, and of what cancels out nobody was told.
"""

from msgspec import Struct

NEVER = float("inf")
GATHER_S = 0.25
"""So long a first change waits for others, and so far apart published ones are at least."""
CROWD_S = 1.0
CROWD_PEOPLE_A_SECOND = 5000
"""A crowd's presence goes out at most every max(1 s, count / 5000 s)."""
VERSIONS_A_TERM = 1000
"""Terms are at least the time in milliseconds, and a million changes a second are out of reach: no
run of a broker repeats a version of the one before."""


class Versions:
    """The versions of all rooms come from one counter: a room that was forgotten and comes back
    never repeats one."""

    __slots__ = ("last",)

    def __init__(self, term: int) -> None:
        self.last = term * VERSIONS_A_TERM

    def next(self) -> int:
        self.last += 1
        return self.last


class Change(Struct, frozen=True, gc=False):
    """What is published: who came and went between two versions."""

    since: int
    version: int
    count: int
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class PresenceTracker:
    """One public room's."""

    __slots__ = (
        "_counted",
        "_crowd",
        "_invalidated",
        "_joined",
        "_left",
        "_published_at",
        "_versions",
        "due",
        "version",
    )  # fmt: skip

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self.version = versions.last
        """The last published one, or one left out since."""
        self._published_at = -NEVER
        self.due = NEVER
        """When `take` wants to be called."""
        self._joined: set[str] = set()
        self._left: set[str] = set()
        self._crowd = False
        self._invalidated = False
        self._counted = False
        """Somebody was told the count, or a plain line, while it changed."""

    @property
    def current(self) -> bool:
        """Nothing is gathered: the names are those of `version`. Of a crowd none are gathered."""
        return not (self._joined or self._left)

    def begin(self, crowd: bool, stirred_at: float | None) -> None:
        """The broker was started again, with versions that nobody has. `stirred_at`: what was
        gathered then may be lost, so that something is to be told in any case."""
        self._crowd = crowd
        self._invalidated = stirred_at is not None
        self.due = NEVER if stirred_at is None else stirred_at

    def came(self, name: str, count: int, now: float) -> None:
        self._move(name, self._left, self._joined, count, now)

    def went(self, name: str, count: int, now: float) -> None:
        self._move(name, self._joined, self._left, count, now)

    def turn(self, crowd: bool, now: float) -> None:
        """The room turned into or out of a crowd."""
        self._crowd = crowd
        self.invalidate(now)

    def invalidate(self, now: float) -> None:
        """What was gathered is dropped and a version left out, so that everybody sees, when
        something is told, that theirs is not the last, and asks for the names again."""
        self._invalidated = True
        self._joined.clear()
        self._left.clear()
        self.version = self._versions.next()
        self.due = now + GATHER_S

    def publish_soon(self, now: float) -> None:
        """Somebody waits for the names: what is gathered goes out as soon as it may."""
        self.due = min(self.due, max(now, self._published_at + GATHER_S))

    def peek(self, name: str = "") -> int:
        """Somebody of this name, who is here, is told the count now: returns the version that they
        have with it. If what is being gathered comes to nothing, they have to be told; but not if
        it is they who come and go. Without a name: so is somebody who is told all names now."""
        self._counted |= self.due < NEVER and name not in self._joined
        return self.version

    def take(self, count: int, now: float) -> Change | None:
        """What is to be published now."""
        if now < self.due:
            return None
        self.due = NEVER
        if self.current and not (self._crowd or self._invalidated or self._counted):
            return None
        since, self.version = self.version, self._versions.next()
        joined, left = tuple(sorted(self._joined)), tuple(sorted(self._left))
        self._published_at = now
        self._invalidated = self._counted = False
        self._joined.clear()
        self._left.clear()
        return Change(since, self.version, count, joined, left)

    def _move(self, name: str, off: set[str], on: set[str], count: int, now: float) -> None:
        if self.due == NEVER:
            wait_s = max(CROWD_S, count / CROWD_PEOPLE_A_SECOND) if self._crowd else GATHER_S
            self.due = now + wait_s
        if self._crowd:
            return
        if name in off:
            off.remove(name)
        else:
            on.add(name)
