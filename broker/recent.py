"""What was said, or blanked, and is not yet on disk: the store cannot be asked for it. Pure."""

from collections import OrderedDict

from broker.effects import NeedSaid, SaidFact


class Recent:
    """Bounded by the writes that the shell lets wait."""

    def __init__(self) -> None:
        self._said: OrderedDict[NeedSaid, tuple[float, SaidFact]] = OrderedDict()
        self._blanked: OrderedDict[tuple[str, int], tuple[float, SaidFact]] = OrderedDict()

    def say(self, key: NeedSaid, seq: int, timestamp: float, now: float) -> None:
        self._said[key] = (now, SaidFact(seq, timestamp))

    def said(self, key: NeedSaid) -> SaidFact | None:
        found = self._said.get(key)
        return found[1] if found else None

    def blank(self, room: str, seq: int, rev: int, timestamp: float, now: float) -> None:
        self._blanked[room, seq] = (now, SaidFact(rev, timestamp))

    def blanked(self, room: str, seq: int) -> SaidFact | None:
        found = self._blanked.get((room, seq))
        return found[1] if found else None

    def forget(self, clean_before: float) -> None:
        """Drops what is on disk by now."""
        while self._said and next(iter(self._said.values()))[0] < clean_before:
            self._said.popitem(last=False)
        while self._blanked and next(iter(self._blanked.values()))[0] < clean_before:
            self._blanked.popitem(last=False)

    def __len__(self) -> int:
        return len(self._said) + len(self._blanked)
