"""Presence: the gathered changes of who is in one room. Pure.

Whoever knows the names at a version, and applies all changes that were published since, knows the
names now. A page of names has the version that was published last, and may show a part of what is
gathered: to apply that again changes nothing. But whoever was told that somebody is here, or not,
has to hear of it if that is no longer so: only what nobody was told meanwhile cancels out.
"""

from msgspec import Struct

GATHER_S = 0.25
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


class Presence:
    """One public room's."""

    __slots__ = (
        "_crowd", "_due", "_joined", "_left", "_moves", "_told", "_turned", "_versions", "version",
    )  # fmt: skip

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self.version = versions.last
        """The last published one."""
        self._joined: dict[str, int] = {}
        self._left: dict[str, int] = {}
        """Who is here, or is not, unlike at `version`; each with the number of the move that first
        made it so."""
        self._moves = 0
        self._told = 0
        """How many moves somebody was told of before they were published."""
        self._due: float | None = None
        self._crowd = False
        self._turned = False

    @property
    def pending(self) -> bool:
        return self._due is not None

    def begin(self, crowd: bool, stirred_at: float | None) -> None:
        """The broker was started again, with versions that nobody has. `stirred_at`: what was
        gathered then may be lost, so that something is to be told in any case."""
        self._crowd = crowd
        self._turned = stirred_at is not None
        self._due = stirred_at

    def came(self, name: str, count: int, now: float) -> None:
        self._move(name, self._left, self._joined, count, now)

    def went(self, name: str, count: int, now: float) -> None:
        self._move(name, self._joined, self._left, count, now)

    def turn(self, crowd: bool, now: float) -> None:
        """The room turned into or out of a crowd. What was gathered is dropped and a version left
        out, so that everybody sees that theirs is not the last and asks for the names again."""
        self._crowd = crowd
        self._turned = True
        self._joined.clear()
        self._left.clear()
        self.version = self._versions.next()
        self._due = now + GATHER_S

    def tell(self) -> int:
        """Somebody is told the names now, or the count: returns the version that they have."""
        self._told = self._moves
        return self.version

    def take(self, count: int, now: float) -> Change | None:
        """What is to be published now."""
        if self._due is None or now < self._due:
            return None
        self._due = None
        if not (self._crowd or self._turned or self._joined or self._left):
            return None
        since, self.version = self.version, self._versions.next()
        joined, left = tuple(sorted(self._joined)), tuple(sorted(self._left))
        self._turned = False
        self._joined.clear()
        self._left.clear()
        return Change(since, self.version, count, joined, left)

    def _move(
        self, name: str, off: dict[str, int], on: dict[str, int], count: int, now: float
    ) -> None:
        if self._due is None:
            wait_s = max(CROWD_S, count / CROWD_PEOPLE_A_SECOND) if self._crowd else GATHER_S
            self._due = now + wait_s
        if self._crowd:
            return
        self._moves += 1
        first = off.pop(name, None)
        if first is None:
            on[name] = self._moves
        elif first <= self._told:
            on[name] = first
