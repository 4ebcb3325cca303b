"""The roster: a client's picture of who is in a room, as docs/wire.md lets it be kept. Pure."""

from typing import Any

from common.names import user_key


class Roster:
    """The count is always had; `names` is None until they are asked for, page by page, and again
    when a change does not follow. Of a crowd the changes tell no names: those had are `old`."""

    def __init__(self) -> None:
        self.count = 0
        self.names: set[str] | None = None
        self.version = 0
        self.asking = False
        self.asks = 0
        self.old = False
        self._counted = 0
        """The version of the count."""
        self._read: set[str] = set()
        self._read_to = 0
        """The version of the last page: the names may show changes up to it already."""
        self._held: list[dict[str, Any]] = []

    def forget(self) -> None:
        self.names = None
        self.asking = False
        self._held.clear()

    def refresh(self) -> None:
        if self.old:
            self.forget()

    def joined(self, count: int, version: int) -> None:
        """A join was acked."""
        self._answered(count, version)
        if version != self.version:
            self.forget()

    def ask(self) -> int:
        """Begins anew; the number of this beginning."""
        self.asks += 1
        self.asking = True
        self.old = False
        self._read = set()
        self._held.clear()
        return self.asks

    def told(self, count: int, version: int, users: list[str], more: bool) -> str:
        """A page of `participants`. The name after which to ask on, or nothing: that was all."""
        if not self.asking:
            return ""
        self._answered(count, version)
        assert len(users) == len({user_key(name) for name in users}), users
        if not self._read:
            assert more or count == len(users), (count, users)
            self.version = version
        self._read |= set(users)
        self._read_to = version
        if more:
            return users[-1]
        self.asking = False
        self.names = self._read
        for change in self._held:
            self._apply(change)
        self._held.clear()
        return ""

    def changed(self, presence: dict[str, Any]) -> None:
        if presence["Version"] > self._counted:
            self._counted, self.count = presence["Version"], presence["Count"]
        if self.asking:
            self._held.append(presence)
        else:
            self._apply(presence)

    def _apply(self, change: dict[str, Any]) -> None:
        if self.names is None or change["Version"] <= self.version:
            return
        if change["Since"] != self.version:
            return self.forget()
        joined, left = set(change["Joined"]), set(change["Left"])
        assert not joined & left
        self.version = change["Version"]
        if not joined and not left:
            self.old = True
        sure = self.version > self._read_to and not self.old
        assert not sure or left <= self.names, "somebody left who was not here"
        self.names -= left
        assert not sure or not joined & self.names, "somebody joined who was here"
        self.names |= joined
        assert not sure or change["Count"] == len(self.names)

    def _answered(self, count: int, version: int) -> None:
        if version >= self._counted:
            self._counted, self.count = version, count
