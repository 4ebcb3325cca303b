"""The facts: what the store has answered for the commands at hand. Rooms and people are not among
them: the core keeps those as records."""

from collections.abc import Sequence

from broker.effects import Fact, Need, NeedEvent, NeedNamed, NeedSaid, SaidFact
from common.messages import Event

KEEP_S = 5.0
"""A fact that no command uses is dropped after one to two times this many seconds."""
KEEP_FACTS = 20_000
"""A fact that no command uses is dropped earlier if twice as many have come after it."""


class Facts:
    """Facts by need. A command that uses a fact may change what the fact is about, so facts are
    dropped once they were used by a command that was executed. A command requires the facts that
    it needs (`State.require`) before it reads them."""

    def __init__(self) -> None:
        self._newer: dict[Need, Fact] = {}
        self._older: dict[Need, Fact] = {}
        """The facts of the generation before, which are dropped next."""
        self._used: list[Need] = []
        """The facts that the current command has used."""
        self._aged_at = 0.0

    def age_if_full(self) -> None:
        """Call this before a group of facts is put. A group is kept whole, however large it is:
        the command that needs all of it would otherwise ask for ever."""
        if len(self._newer) >= KEEP_FACTS:
            self._older, self._newer = self._newer, {}

    def put(self, need: Need, fact: Fact) -> None:
        self._newer[need] = fact

    def __contains__(self, need: Need) -> bool:
        return need in self._newer or need in self._older

    def said(self, need: NeedSaid) -> SaidFact | None:
        fact = self._get(need)
        return fact if isinstance(fact, SaidFact) else None

    def event(self, need: NeedEvent) -> Event | None:
        fact = self._get(need)
        return fact if isinstance(fact, Event) else None

    def named(self, need: NeedNamed) -> tuple[str, ...]:
        fact = self._get(need)
        return fact if isinstance(fact, tuple) else ()

    def mark_used(self, needs: Sequence[Need]) -> None:
        """The current command relies on the facts for these needs."""
        self._used += needs

    def drop_used(self) -> None:
        """The current command was executed or refused."""
        if self._used:
            for need in self._used:
                self._newer.pop(need, None)
                self._older.pop(need, None)
            self._used.clear()

    def keep_used(self) -> None:
        """The current command needs more facts first, and will use the same ones again then."""
        self._used.clear()

    def forget(self, now: float) -> None:
        """Drops the facts that no command has used for a while."""
        if now - self._aged_at >= KEEP_S:
            self._aged_at = now
            self._older, self._newer = self._newer, {}

    def _get(self, need: Need) -> Fact:
        return self._newer[need] if need in self._newer else self._older[need]
