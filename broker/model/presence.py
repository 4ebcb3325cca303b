"""Presence: the changes of who is in one public room, gathered and published at intervals.

A client that has the names of one version, and applies all changes that are published after it, has
the names of the newest version. To keep that true, a page of names is answered only while no
change is pending (`is_current`); a request that comes earlier waits until the pending changes are
published. Because of this
- changes stay GATHER_S apart, however many clients request the names,
- a page of names and the changes after it add up,
- a join and a leave that cancel out need not be published, since no client has seen either.
"""

from msgspec import Struct

NEVER = float("inf")
GATHER_S = 0.25
"""Seconds for which the first change waits for further ones, and between two publications."""
CROWD_S = 1.0
CROWD_PEOPLE_A_SECOND = 5000
"""A crowd's presence is published every max(CROWD_S, count / CROWD_PEOPLE_A_SECOND) seconds."""
VERSIONS_A_TERM = 1000
"""Versions start at term * VERSIONS_A_TERM. A term is at least the time in milliseconds and a room
never changes a million times a second, so no run of a broker repeats a version of an earlier
run."""


class Versions:
    """The counter that all rooms take their versions from: a room that was evicted and is loaded
    again never repeats a version."""

    __slots__ = ("last",)

    def __init__(self, term: int) -> None:
        self.last = term * VERSIONS_A_TERM

    def next(self) -> int:
        self.last += 1
        return self.last


class Change(Struct, frozen=True, gc=False):
    """One publication: the names that joined and left between two versions, and the count after
    it. A crowd's change has the count alone."""

    since: int
    version: int
    count: int
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class PresenceTracker:
    """Gathers one public room's changes, and gives out the one that is due."""

    __slots__ = (
        "_count_shown",
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
        """The version published last, or skipped since then (`invalidate`)."""
        self._published_at = -NEVER
        self.due = NEVER
        """When `take` has to be called; NEVER if no change waits."""
        self._joined: set[str] = set()
        self._left: set[str] = set()
        self._crowd = False
        self._invalidated = False
        """The next change is published even if nothing is pending."""
        self._count_shown = False
        """A client was given a count or names while changes were pending."""

    @property
    def is_current(self) -> bool:
        """True if no change of names is pending: the names are those of `version`. Always true of
        a crowd, whose names are not published."""
        return not (self._joined or self._left)

    def restore(self, crowd: bool, changed_at: float | None) -> None:
        """Called once after a restart, when no client has a version of this run. If the room
        changed shortly before the restart (`changed_at`, else None), its last change may not have
        been published, so one is published in any case."""
        self._crowd = crowd
        self._invalidated = changed_at is not None
        self.due = NEVER if changed_at is None else changed_at

    def on_enter(self, name: str, count: int, now: float) -> None:
        """Somebody of this name has entered; `count` includes them."""
        self._gather(name, self._left, self._joined, count, now)

    def on_leave(self, name: str, count: int, now: float) -> None:
        """Somebody of this name has left; `count` is without them."""
        self._gather(name, self._joined, self._left, count, now)

    def set_crowd(self, crowd: bool, now: float) -> None:
        """The room has become a crowd, or has ceased to be one."""
        self._crowd = crowd
        self.invalidate(now)

    def invalidate(self, now: float) -> None:
        """Drops the pending changes and skips a version. Every client sees by the `since` of the
        next change that it has missed something, and requests the names again."""
        self._invalidated = True
        self._joined.clear()
        self._left.clear()
        self.version = self._versions.next()
        self.due = now + GATHER_S

    def publish_soon(self, now: float) -> None:
        """A request for the names waits: pending changes are due GATHER_S after the last
        publication."""
        self.due = min(self.due, max(now, self._published_at + GATHER_S))

    def version_shown_to(self, name: str = "") -> int:
        """Returns the version for a client that is given the current count, or all names.

        `name` is the client's own, or empty. If the pending changes later cancel out, the count
        that the client was given is wrong, so a correction is published, unless the only change is
        this client's own join."""
        self._count_shown |= self.due < NEVER and name not in self._joined
        return self.version

    def take(self, count: int, now: float) -> Change | None:
        """Returns the change to publish now, or None. `count` is the number of participants."""
        if now < self.due:
            return None
        self.due = NEVER
        if self.is_current and not (self._crowd or self._invalidated or self._count_shown):
            return None
        since, self.version = self.version, self._versions.next()
        joined, left = tuple(sorted(self._joined)), tuple(sorted(self._left))
        self._published_at = now
        self._invalidated = self._count_shown = False
        self._joined.clear()
        self._left.clear()
        return Change(since, self.version, count, joined, left)

    def _gather(
        self, name: str, opposite: set[str], changed: set[str], count: int, now: float
    ) -> None:
        """Adds the name to `changed`, or takes it from the `opposite` set if it is pending there.
        In a crowd only the count changes."""
        if self.due == NEVER:
            wait_s = max(CROWD_S, count / CROWD_PEOPLE_A_SECOND) if self._crowd else GATHER_S
            self.due = now + wait_s
        if self._crowd:
            return
        if name in opposite:
            opposite.remove(name)
        else:
            changed.add(name)
