"""Presence: the gathered changes of who is in one room. Pure.

Whoever knows the names at a version, and applies all changes that were published since, knows the
names now. For that, telling the names closes what is being gathered: a change after it belongs to
the next version, so that a join told and a leave not told never cancel out.
"""

from msgspec import Struct

GATHER_S = 0.25
CROWD_S = 1.0
CROWD_PEOPLE_A_SECOND = 5000
"""A crowd's presence goes out at most every max(1 s, count / 5000 s)."""


class Versions:
    """The versions of all rooms come from one counter: a room that was forgotten and comes back
    never repeats one."""

    __slots__ = ("last",)

    def __init__(self, first: int) -> None:
        self.last = first

    def next(self) -> int:
        self.last += 1
        return self.last


class Change(Struct, frozen=True):
    """What is published: who came and went between two versions."""

    since: int
    version: int
    count: int
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Presence:
    """One public room's."""

    __slots__ = (
        "_closed", "_counted", "_crowd", "_due", "_joined", "_left", "_turned", "_versions",
        "version",
    )  # fmt: skip

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self.version = versions.last
        """The last closed one."""
        self._joined: set[str] = set()
        self._left: set[str] = set()
        self._closed: list[Change] = []
        self._due: float | None = None
        self._crowd = False
        self._turned = False
        self._counted = False
        """Somebody was told the count while it changed."""

    @property
    def pending(self) -> bool:
        return self._due is not None

    def begin(self, crowd: bool) -> None:
        """What is told first is of a crowd, or not."""
        self._crowd = crowd

    def came(self, name: str, count: int, now: float) -> None:
        self._stir(count, now)
        if self._crowd:
            return
        if name in self._left:
            self._left.remove(name)
        else:
            self._joined.add(name)

    def went(self, name: str, count: int, now: float) -> None:
        self._stir(count, now)
        if self._crowd:
            return
        if name in self._joined:
            self._joined.remove(name)
        else:
            self._left.add(name)

    def turn(self, crowd: bool, now: float) -> None:
        """The room turned into or out of a crowd. What was gathered is dropped and a version left
        out, so that everybody sees that theirs is not the last and asks for the names again."""
        self._crowd = crowd
        self._turned = True
        self._joined.clear()
        self._left.clear()
        self._closed.clear()
        self.version = self._versions.next()
        self._due = now + GATHER_S

    def tell(self, count: int) -> int:
        """Somebody is told the names now: returns the version that they have with them."""
        if self._joined or self._left:
            self._close(count)
        return self.version

    def peek(self) -> int:
        """Somebody who is here is told the count now, not the names: returns the version that they
        have with it. If what is being gathered comes to nothing, they have to be told."""
        self._counted = self.pending
        return self.version

    def take(self, count: int, now: float) -> list[Change]:
        """What is to be published now."""
        if self._due is None or now < self._due:
            return []
        self._due = None
        if self._crowd or self._turned or self._counted or self._joined or self._left:
            self._close(count)
        self._turned = self._counted = False
        closed, self._closed = self._closed, []
        return closed

    def _close(self, count: int) -> None:
        since, self.version = self.version, self._versions.next()
        joined, left = tuple(sorted(self._joined)), tuple(sorted(self._left))
        self._closed.append(Change(since, self.version, count, joined, left))
        self._joined.clear()
        self._left.clear()

    def _stir(self, count: int, now: float) -> None:
        if self._due is None:
            wait_s = max(CROWD_S, count / CROWD_PEOPLE_A_SECOND) if self._crowd else GATHER_S
            self._due = now + wait_s
