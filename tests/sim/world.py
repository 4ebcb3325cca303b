"""A run: a town with faults, the calm after them, and what is wrong then. One seed decides all."""

from collections import Counter
from functools import partial
from random import Random

from msgspec import Struct

from common.names import is_private
from tests.sim.faults import Faults
from tests.sim.judge import judge, still_here
from tests.sim.network import FAIR, Weather
from tests.sim.page import Page, Room
from tests.sim.town import ROOMS, Town

ACTIVE_S = 14.0
SETTLED_WITHIN_S = 60.0
EVENTS = 200
FAULTS = 5
"""A run with fewer events or faults proves nothing."""
NEVER_ZERO = (
    "refills", "resets", "recoveries", "dedupes", "relinks", "crowds", "plain lines", "bans",
    "deletes",
)  # fmt: skip
"""Things that must each have happened in a few runs together."""


class Outcome(Struct):
    """What happened in a run."""

    seed: int
    problems: list[str]
    events: int
    faults: list[str]
    totals: Counter[str]


class World(Town):
    """A town and its faults. `run` may be called once."""

    def __init__(self, seed: int) -> None:
        super().__init__(Random(seed))
        self.seed = seed
        self.faults = Faults(self, self.random)

    def run(self) -> Outcome:
        random, time = self.random, self.time
        self.populate()
        drop = random.choice((0.0, 0.02, 0.05))
        self.faults.usual = Weather(drop=drop, repeat=0.02, late=0.03, slow_s=0.02)
        self.network.weather = self.faults.usual
        for _ in range(random.choice((6, 7, 8, 10))):
            time.at(random.uniform(1.5, ACTIVE_S), self.faults.strike)
        for number in range(3):
            time.at(random.uniform(0.5, ACTIVE_S), partial(self.announce, number))
            time.at(random.uniform(1.0, ACTIVE_S), self.delete)
        time.at(random.uniform(2.0, ACTIVE_S), self.ban)
        if random.random() < 0.3:
            time.at(ACTIVE_S - 0.3, self._ban_unheard)
        time.at(random.uniform(2, 6), self._back_up)
        time.run(ACTIVE_S)
        while self.tally.counts["events"] < EVENTS and time.now < 3 * ACTIVE_S:
            time.run(time.now + 1.0)
        self._settle()
        self.problems += still_here(self)
        self._last_changes()
        self.problems += judge(self)
        self._restart_unseen()
        return self._outcome()

    def _back_up(self) -> None:
        self.faults.backup = self.disk.copy("")

    def _ban_unheard(self) -> None:
        """Bans somebody while every broadcast is lost, just before the calm begins."""
        self.network.weather = Weather(drop=1.0)
        self.ban()

    def _settle(self) -> None:
        """Ends the faults, and waits until everything has come right by itself."""
        self.active = False
        self.faults.usual = self.network.weather = FAIR
        s = self.settings
        least = self.time.now + 7.0 + s.lease + s.move_grace + s.leave_grace
        until = self.time.now + SETTLED_WITHIN_S
        while self.time.now < until:
            self._pass(0.5)
            if self.time.now > least and not self._unsettled():
                return
        self.problems += self._unsettled()

    def _last_changes(self) -> None:
        """Brings somebody new into every room, which shows each roster that missed a change."""
        page = Page(self, "last", "token-of-the-last-person", in_auth=True)
        page.rooms = {name: Room() for name in ROOMS}
        self.pages.append(page)
        page.connect()
        for _ in range(5):
            self._pass(0.6)
        for page in self.pages:
            page.looks = True
            for room in page.rooms.values():
                room.roster.refresh()  # no change tells the names of a crowd
        for _ in range(10):
            self._pass(0.6)  # a page that reads slowly asks late
            if all(page.knows_names or page.gone for page in self.pages):
                return

    def _restart_unseen(self) -> None:
        """Restarts the broker, by which nobody may be seen to come or to leave."""
        heads = {room: len(log) for room, log in self.disk.logs.items()}
        self.broker.crash()
        self.time.run(self.time.now + self.random.uniform(0.2, 2.0))
        self.broker.start()
        self.time.run(self.time.now + self.settings.lease + self.settings.move_grace + 2.0)
        for room, log in self.disk.logs.items():
            new = log[heads.get(room, 0) :]
            if new:
                self.problems.append(f"the restart was seen in {room}: {new}")

    def _pass(self, seconds: float) -> None:
        """Passes time in which pages do what they do by themselves, and people do nothing."""
        self.time.run(self.time.now + seconds)
        for plain in self.plain:
            plain.ping()
            if self.old and plain.joined:
                plain.look()  # a backup does not know who came after it
        for page in self.pages:
            page.ping()
            if page.gone:
                continue
            page.rejoin()
            for name, room in page.rooms.items():
                if page.looks and not is_private(name) and room.roster.names is None:
                    page.ask_names(name)

    def _unsettled(self) -> list[str]:
        late = [g.id for g in self.gateways if not g.chat.maintenance.caught_up]
        late += [p.name for p in self.everybody() if not p.gone and not p.settled]
        return [f"{who} has not settled" for who in late]

    def _outcome(self) -> Outcome:
        everybody = [*self.retired, *self.gateways]
        totals = Counter(
            {
                "acks": len(self.acks),
                "bans": self.scripts.answered["Ban"],
                "crowds": self.tally.counts["crowds"],
                "cut off": sum(gateway.cut_off for gateway in everybody),
                "dedupes": self.tally.counts["dedupes"],
                "deletes": self.scripts.answered["Blank"],
                "dropped": self.network.dropped,
                "plain lines": sum(page.lines for page in self.plain),
                "recoveries": self.recoveries,
                "refills": self.tally.counts["refills"],
                "relinks": sum(gateway.link.counts.relinks - 1 for gateway in everybody),
                "resets": sum(int(gateway.metrics.resets._value.get()) for gateway in everybody),
            }
        )
        events, faults = self.tally.counts["events"], self.faults.done
        if events < EVENTS or len(faults) < FAULTS:
            self.problems.append(f"only {events} events and {len(faults)} faults")
        return Outcome(self.seed, self.problems, events, faults, totals)


def run(seed: int) -> Outcome:
    """Makes the run of this seed, which is always the same."""
    try:
        return World(seed).run()
    except Exception as error:  # an assertion of the disk, of a roster, of the code
        error.add_note(f"in the run of seed {seed}")
        raise
