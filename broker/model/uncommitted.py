"""What was said, or blanked, and is not yet on disk: the store cannot be asked for it. Pure."""

from collections import deque

from broker.effects import NeedSaid, SaidFact


class Uncommitted:
    """Bounded by the writes that the shell lets wait."""

    def __init__(self) -> None:
        self._said: dict[NeedSaid, SaidFact] = {}
        self._said_at: deque[tuple[float, NeedSaid]] = deque()
        self._blanked: dict[tuple[str, int], SaidFact] = {}
        self._blanked_at: deque[tuple[float, tuple[str, int]]] = deque()

    def say(self, key: NeedSaid, seq: int, timestamp: float, now: float) -> None:
        self._said[key] = SaidFact(seq, timestamp)
        self._said_at.append((now, key))

    def said(self, key: NeedSaid) -> SaidFact | None:
        return self._said.get(key)

    def blank(self, room: str, seq: int, rev: int, timestamp: float, now: float) -> None:
        self._blanked[room, seq] = SaidFact(rev, timestamp)
        self._blanked_at.append((now, (room, seq)))

    def blanked(self, room: str, seq: int) -> SaidFact | None:
        return self._blanked.get((room, seq))

    def forget(self, clean_before: float) -> None:
        """Drops what is on disk by now."""
        while self._said_at and self._said_at[0][0] < clean_before:
            del self._said[self._said_at.popleft()[1]]
        while self._blanked_at and self._blanked_at[0][0] < clean_before:
            del self._blanked[self._blanked_at.popleft()[1]]

    def __len__(self) -> int:
        return len(self._said) + len(self._blanked)
