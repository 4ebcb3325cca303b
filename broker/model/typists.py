"""The typists: the people who are typing in one room now."""

from broker.model.presence import NEVER

TYPING_S = 6.0
"""Seconds after which somebody who sends nothing more no longer counts as typing."""
INTERVAL_S = 0.5
"""Seconds between two publications at least."""


class Typists:
    """Gathers changes of who is typing, and gives out the state that is due.

    A person is typing until they stop, send a message, leave, or are silent for TYPING_S."""

    __slots__ = ("_changed", "_published_at", "_typing", "due")

    def __init__(self) -> None:
        self._typing: dict[str, tuple[str, float]] = {}
        """By uid: the name, and when the person no longer counts as typing."""
        self._changed = False
        self._published_at = -INTERVAL_S
        self.due = NEVER
        """When `take` has to be called; NEVER if nobody is typing and nothing has changed."""

    def start(self, uid: str, name: str, now: float) -> None:
        self._changed |= self._typing.get(uid, ("", 0.0))[0] != name
        self._typing[uid] = (name, now + TYPING_S)
        self._plan()

    def stop(self, uid: str) -> None:
        if self._typing.pop(uid, None):
            self._changed = True
            self._plan()

    def rename(self, uid: str, name: str) -> None:
        if uid in self._typing:
            self._typing[uid] = (name, self._typing[uid][1])
            self._changed = True
            self._plan()

    def clear(self) -> None:
        if self._typing:
            self._typing.clear()
            self._changed = True
            self._plan()

    def take(self, now: float) -> dict[str, str] | None:
        """Returns the names by uid if they are to be published now, else None."""
        if now < self.due:
            return None
        for uid in [uid for uid, (_, until) in self._typing.items() if until <= now]:
            self.stop(uid)
        users = None
        if self._changed and now >= self._published_at + INTERVAL_S:
            self._changed = False
            self._published_at = now
            users = {uid: name for uid, (name, _) in self._typing.items()}
        self._plan()
        return users

    def _plan(self) -> None:
        if self._changed:
            self.due = self._published_at + INTERVAL_S
        else:
            self.due = min((until for _, until in self._typing.values()), default=NEVER)
