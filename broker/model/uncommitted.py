"""What is not yet on disk: messages that were sent, and messages that were deleted, so lately that
the store cannot be asked about them."""

from collections import deque

from broker.effects import NeedSaid, SaidFact


class Uncommitted:
    """Answers a repeated command while the writes of the first one are not on disk. At most as many
    entries as the shell lets writes wait."""

    def __init__(self) -> None:
        self._messages: dict[NeedSaid, SaidFact] = {}
        self._messages_at: deque[tuple[float, NeedSaid]] = deque()
        self._deletes: dict[tuple[str, int], SaidFact] = {}
        self._deletes_at: deque[tuple[float, tuple[str, int]]] = deque()

    def add_message(self, key: NeedSaid, seq: int, timestamp: float, now: float) -> None:
        """The message of this key is the event at `seq`."""
        self._messages[key] = SaidFact(seq, timestamp)
        self._messages_at.append((now, key))

    def message(self, key: NeedSaid) -> SaidFact | None:
        return self._messages.get(key)

    def add_delete(self, room: str, seq: int, rev: int, timestamp: float, now: float) -> None:
        """The message at `seq` was deleted by the event at `rev`."""
        self._deletes[room, seq] = SaidFact(rev, timestamp)
        self._deletes_at.append((now, (room, seq)))

    def delete(self, room: str, seq: int) -> SaidFact | None:
        """The event that deleted the message at `seq`."""
        return self._deletes.get((room, seq))

    def forget(self, clean_before: float) -> None:
        """Drops what was added before `clean_before` (see WriteLedger): it is on disk."""
        while self._messages_at and self._messages_at[0][0] < clean_before:
            del self._messages[self._messages_at.popleft()[1]]
        while self._deletes_at and self._deletes_at[0][0] < clean_before:
            del self._deletes[self._deletes_at.popleft()[1]]

    def __len__(self) -> int:
        return len(self._messages) + len(self._deletes)
