"""The roster: a client's picture of who is in a room, kept by the rules in docs/wire.md. It fails
an assertion at the first page or change that cannot be right."""

from common.messages import Presence
from common.names import user_key


class Roster:
    """The count is known from the first answer on. The names are read page by page: call `begin`,
    and `read` with each page; until all pages came, changes are held."""

    def __init__(self) -> None:
        self.count = 0
        self.names: set[str] | None = None
        """None while the names have to be read: at first, and when a change does not follow."""
        self.version = 0
        self.crowd: bool | None = None
        """Whether the room was a crowd when its names were read; None if that was not told."""
        self.old = False
        """The changes of a crowd tell no names: the names that were read may be wrong."""
        self.reading = False
        self.readings = 0
        """How often reading was begun."""
        self.after = ""
        """The last name of the pages that were read; empty before the first page."""
        self._counted = 0
        """The version of the count."""
        self._read: set[str] = set()
        self._read_to = 0
        """The version of the last page: the names may show changes up to that version."""
        self._held: list[Presence] = []

    def forget(self) -> None:
        """The names have to be read again."""
        self.names = None
        self.reading = False
        self._held.clear()

    def refresh(self) -> None:
        """Forgets names that may be wrong."""
        if self.old:
            self.forget()

    def joined(self, count: int, version: int) -> None:
        """A join was acked."""
        self._answered(count, version)
        if version != self.version:
            self.forget()

    def begin(self) -> int:
        """Begins to read the names; returns the number of this reading."""
        self.forget()
        self.readings += 1
        self.reading = True
        self.old = False
        self.after = ""
        self._read = set()
        return self.readings

    def read(
        self,
        after: str,
        users: list[str],
        *,
        count: int,
        version: int,
        more: bool,
        crowd: bool | None = None,
    ) -> None:
        """A page has come, of the names after this name. Ignored unless it is the next page."""
        if not self.reading or after != self.after:
            return
        self._answered(count, version)
        assert len(users) == len({user_key(name) for name in users}), users
        if not after:
            assert more or count == len(users), (count, users)
            self.version, self.crowd = version, crowd
        self._read |= set(users)
        self._read_to = version
        if more:
            self.after = users[-1]
            return
        self.after = ""
        self.reading = False
        self.names = self._read
        held, self._held = self._held, []
        for change in held:
            self._apply(change)

    def changed(self, change: Presence) -> None:
        """A change of presence was published."""
        if change.version > self._counted:
            self._counted, self.count = change.version, change.count
        if self.reading:
            self._held.append(change)
        else:
            self._apply(change)

    def _apply(self, change: Presence) -> None:
        if self.names is None or change.version <= self.version:
            return
        if change.since != self.version:
            return self.forget()
        joined, left = set(change.joined), set(change.left)
        assert not joined & left
        assert not self.crowd or not joined | left, "a change of a crowd told names"
        self.version = change.version
        if self.crowd or (self.crowd is None and not joined | left):
            self.old = True
        sure = change.version > self._read_to and not self.old
        assert not sure or left <= self.names, "somebody left who was not in the room"
        self.names -= left
        assert not sure or not joined & self.names, "somebody joined who was in the room"
        self.names |= joined
        assert not sure or len(self.names) == change.count

    def _answered(self, count: int, version: int) -> None:
        if version >= self._counted:
            self._counted, self.count = version, count
