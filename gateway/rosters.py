"""The rosters: the names of a room as plain sockets are shown them, one line for all."""

from common import messages as m
from gateway.asking import Broker, Loop
from gateway.audience import Audience

PAUSE_S = 0.2
CROWD_PAUSE_S = 1.0
"""A room's line goes out no oftener than this."""
ASKED_S = 10.0
"""An unanswered question is asked again after this."""


class Rosters:
    """Asks for the first names of rooms whose plain sockets miss the newest line (`due`)."""

    def __init__(self, due: dict[Audience, None], link: Broker, loop: Loop, names: int) -> None:
        self._due = due
        self._link = link
        self._loop = loop
        self._names = names

    def tell(self) -> None:
        """Asks now for those that were not just asked for or told."""
        now = self._loop.time()
        for audience in [audience for audience in self._due if audience.roster_pause <= now]:
            del self._due[audience]
            self._ask(audience)

    def _ask(self, audience: Audience) -> None:
        audience.roster_pause = self._loop.time() + ASKED_S

        def answered(answer: m.AnyAnswer | None) -> None:
            pause = PAUSE_S
            if isinstance(answer, m.Listed):
                pause = CROWD_PAUSE_S if answer.crowd else PAUSE_S
                audience.tell_roster(answer.users, answer.count, answer.crowd)
            else:
                self._due[audience] = None
            audience.roster_pause = self._loop.time() + pause

        self._link.ask(lambda no: m.Names(no=no, room=audience.room, limit=self._names), answered)
