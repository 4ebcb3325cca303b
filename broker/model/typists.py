"""The typists: who is typing in one room now. Pure."""

from broker.model.presence import NEVER

TYPING_S = 6.0
GATHER_S = 0.5
"""Changes are told at most twice a second."""


class Typists:
    """Somebody types until they say so, say something, leave, or were silent for a while."""

    __slots__ = ("_changed", "_published_at", "_typing", "due")

    def __init__(self) -> None:
        self._typing: dict[str, tuple[str, float]] = {}
        self._changed = False
        self._published_at = -GATHER_S
        self.due = NEVER
        """When `take` wants to be called."""

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
        """Names by uid if that is to be told now, else None."""
        if now < self.due:
            return None
        for uid in [uid for uid, (_, until) in self._typing.items() if until <= now]:
            self.stop(uid)
        told = None
        if self._changed and now >= self._published_at + GATHER_S:
            self._changed = False
            self._published_at = now
            told = {uid: name for uid, (name, _) in self._typing.items()}
        self._plan()
        return told

    def _plan(self) -> None:
        if self._changed:
            self.due = self._published_at + GATHER_S
        else:
            self.due = min((until for _, until in self._typing.values()), default=NEVER)
