"""The facts: what the store has told for the commands at hand, besides rooms and people. Pure."""

from collections.abc import Sequence

from broker.effects import Fact, Missing, Need, NeedEvent, NeedNamed, NeedSaid, SaidFact
from common.messages import Event

KEEP_S = 5.0
KEEP = 20_000


class Facts:
    """A fact is true until it is used: the command that used it may have changed it. One that
    nobody uses is dropped soon. To use one that is not known raises Missing."""

    def __init__(self) -> None:
        self._new: dict[Need, Fact] = {}
        self._old: dict[Need, Fact] = {}
        self._used: list[Need] = []
        self._turned = 0.0

    def make_room(self) -> None:
        """Before some are put: those are kept whole, however many, or the command that needs them
        all would ask for ever."""
        if len(self._new) >= KEEP:
            self._old, self._new = self._new, {}

    def put(self, need: Need, fact: Fact) -> None:
        self._new[need] = fact

    def __contains__(self, need: Need) -> bool:
        return need in self._new or need in self._old

    def said(self, need: NeedSaid) -> SaidFact | None:
        fact = self._use(need)
        return fact if isinstance(fact, SaidFact) else None

    def event(self, need: NeedEvent) -> Event | None:
        fact = self._use(need)
        return fact if isinstance(fact, Event) else None

    def named(self, need: NeedNamed) -> tuple[str, ...]:
        fact = self._use(need)
        return fact if isinstance(fact, tuple) else ()

    def note(self, needs: Sequence[Need]) -> None:
        """These are used, without a look at what they tell."""
        self._used += needs

    def forget_used(self) -> None:
        """The command is done."""
        for need in self._used:
            self._new.pop(need, None)
            self._old.pop(need, None)
        self._used.clear()

    def keep_used(self) -> None:
        """The command was not done for want of more facts: it will use these again."""
        self._used.clear()

    def forget(self, now: float) -> None:
        if now - self._turned >= KEEP_S:
            self._turned = now
            self._old, self._new = self._new, {}

    def _use(self, need: Need) -> Fact:
        facts = self._new if need in self._new else self._old
        if need not in facts:
            raise Missing(need)
        self._used.append(need)
        return facts[need]
