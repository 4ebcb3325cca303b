"""The roster: static/js/roster.js for rooms that are no crowd. Pure."""

from typing import Any

from common.names import user_key


class Roster:
    """`names` is None until they are asked for, and again when a change does not follow."""

    def __init__(self) -> None:
        self.names: set[str] | None = None
        self.version = 0
        self.asking = False
        self._held: list[dict[str, Any]] = []

    def forget(self) -> None:
        self.names = None
        self.asking = False
        self._held.clear()

    def joined(self, version: int) -> None:
        """A join was acked."""
        if version != self.version:
            self.forget()

    def ask(self) -> None:
        self.asking = True
        self._held.clear()

    def told(self, count: int, version: int, users: list[str]) -> None:
        """The answer of `participants`, which is whole."""
        if not self.asking:
            return
        assert count == len(users) == len({user_key(name) for name in users}), users
        self.asking = False
        self.names = set(users)
        self.version = version
        for change in self._held:
            self._apply(change)
        self._held.clear()

    def changed(self, presence: dict[str, Any]) -> None:
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
        assert left <= self.names, "somebody left who was not here"
        self.names -= left
        assert not joined & self.names, "somebody joined who was here"
        self.names |= joined
        self.version = change["Version"]
        assert change["Count"] == len(self.names)
