"""The world of one run: a broker, gateways, pages, and what happens to them, all from one seed."""

from collections import Counter
from random import Random
from typing import Any

from msgspec import Struct, field

from common.frames import encode
from common.messages import Announce
from common.names import is_private
from common.settings import Settings
from tests.sim.checker import Archive, check
from tests.sim.disk import Disk
from tests.sim.gateway import Gateway
from tests.sim.history import Acked, View
from tests.sim.house import Broker
from tests.sim.network import FAIR, Network, Weather
from tests.sim.page import Page
from tests.sim.virtual import Time

ROOMS = ("lobby", "tea", "dev")
ACTIVE_S = 14.0
SETTLED_WITHIN_S = 60.0
SETTINGS = Settings(
    lease=3.0,
    move_grace=4.0,
    leave_grace=1.5,
    name_hold=20.0,
    request_timeout=3.0,
    replay=8,
    replay_events=20,
    recovery_events=25,
    message_rate=0.0,
    crowd_joins=1000,
)


class Outcome(Struct):
    """What a run came to."""

    seed: int
    problems: list[str]
    events: int
    faults: list[str]
    totals: Counter[str]
    trace: list[str] = field(default_factory=list)


class World:
    """It is page.Town."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.time = Time()
        self.views: list[View] = []
        self.acks: list[Acked] = []
        self.recoveries = 0
        self.problems: list[str] = []
        self.faults: list[str] = []
        self.totals: Counter[str] = Counter()
        outbox = self.random.choice((1 << 20, 16_000))
        tails = self.random.choice((1 << 20, 12_000))
        self.settings = _with(SETTINGS, outbox_bytes=outbox, tail_bytes=tails)
        self.network = Network(self.time, self.random)
        self.disk = Disk("epoch-1")
        self.old: dict[str, Disk] = {}
        self.backup: Disk | None = None
        self.broker = Broker(self.settings, self.disk, self.network, self.time, self.random)
        self.network.broker = self.broker
        self.broker.start()
        self.count = self.random.choice((3, 3, 4))
        self.gateways: list[Gateway] = [self._new_gateway() for _ in range(self.count)]
        self.retired: list[Gateway] = []
        self.pages: list[Page] = []
        self.active = True
        self._people()

    # --- page.Town -------------------------------------------------------------------------------

    def door(self) -> Gateway:
        return self.random.choice(self.gateways)

    def complain(self, problem: str) -> None:
        self.problems.append(f"{self.time.now:.3f} {problem}")

    def forgiven(self) -> bool:
        return bool(self.old)

    # --- people ----------------------------------------------------------------------------------

    def _people(self) -> None:
        for number in range(self.random.choice((6, 7, 8))):
            tabs = 2 if self.random.random() < 0.3 else 1
            token = f"token-{number:02}-of-a-person-xx"
            for tab in range(tabs):
                name = f"p{number}/{tab}" if tab else f"p{number}"
                page = Page(self, name, token, in_auth=self.random.random() < 0.7)
                for room in self.random.sample(ROOMS, self.random.choice((1, 2, 2, 3))):
                    page.rooms[room] = _room()
                self.pages.append(page)
                self.time.after(self.random.uniform(0, 1.0), page.connect)
                self.time.after(self.random.uniform(0.5, 1.5), lambda page=page: self._live(page))

    def _live(self, page: Page) -> None:
        """What a person does, again and again."""
        if not self.active:
            return
        self.time.after(self.random.expovariate(1 / 0.32), lambda: self._live(page))
        page.ping()
        if page.gone:
            if self.random.random() < 0.3:
                page.gone = False
                page.connect()
            return
        if page.socket is None:
            return
        page.rejoin()
        joined = [name for name, room in page.rooms.items() if room.joined]
        if not joined or not page.bound:
            return
        name = self.random.choice(joined)
        dice = self.random.random()
        if dice < 0.62:
            for _ in range(self.random.choice((1, 1, 1, 2, 3))):
                page.say(name)
        elif dice < 0.68:
            page.type(name)
        elif dice < 0.74:
            page.join(self.random.choice(ROOMS))
        elif dice < 0.78 and not is_private(name) and len([*filter(_is_public, joined)]) > 1:
            page.leave(name)
        elif dice < 0.83:
            other = self.random.choice(self.pages)
            if other.uid and other.uid != page.uid:
                page.open_direct(other.uid)
        elif dice < 0.91 and not is_private(name):
            page.ask_names(name)
        elif dice < 0.94:
            page.read_back(name)
        elif dice < 0.96:
            page.rename(f"{page.name.partition('/')[0]}-{self.random.randrange(3)}")
        elif dice < 0.975:
            page.say_goodbye()
        elif dice < 0.99:
            page.cut()

    def announce(self, number: int) -> None:
        """A script, which tries again until it is answered."""
        answered: list[Any] = []

        class Script:
            def answered(self, line, answer) -> None:
                answered.append(answer)

            def broke(self, line) -> None: ...

            def heard(self, line, topic, message) -> None: ...

        def go() -> None:
            if any(answer.__class__.__name__ == "Said" for answer in answered):
                return
            line = self.network.line(Script())
            announce = Announce(no=1, text=f"news {number}", id=f"news-{number}")
            self.network.send(line, encode(announce))
            self.time.after(2.0, go)

        go()

    # --- faults ----------------------------------------------------------------------------------

    def _new_gateway(self) -> Gateway:
        self.totals["gateways"] += 1
        id = f"g{self.totals['gateways']}"
        return Gateway(id, self.settings, self.network, self.time, self.random)

    def strike(self) -> None:
        """One fault."""
        random, time = self.random, self.time
        slot = random.randrange(self.count)
        gateway = self.gateways[slot]
        kinds = {
            self._kill: 3, self._stop: 1, self._pause: 3, self._cut: 3, self._crash: 3,
            self._pause_broker: 1, self._refuse: 2, self._storm: 3, self._cut_pages: 2,
            self._restore: 0.4,
        }  # fmt: skip
        kind = random.choices(list(kinds), list(kinds.values()))[0]
        del time
        self.faults.append(f"{self.time.now:.2f} {kind.__name__[1:]} {gateway.id}")
        kind(slot, gateway)

    def _kill(self, slot: int, gateway: Gateway, stop: bool = False) -> None:
        if not gateway.alive:
            return
        gateway.stop() if stop and not gateway.paused else gateway.kill()

        def restart() -> None:
            self.retired.append(gateway)
            self.gateways[slot] = self._new_gateway()

        self.time.after(self.random.uniform(0.2, 6.0), restart)

    def _stop(self, slot: int, gateway: Gateway) -> None:
        self._kill(slot, gateway, stop=True)

    def _pause(self, slot: int, gateway: Gateway) -> None:
        if gateway.alive and not gateway.paused:
            gateway.paused = True
            self.time.after(self.random.uniform(0.5, 9.0), lambda: gateway.resume())

    def _cut(self, slot: int, gateway: Gateway) -> None:
        if gateway.alive and gateway.link.line is not None:
            self.network.cut(gateway.link.line, told=self.random.random() < 0.6)

    def _crash(self, slot: int, gateway: Gateway) -> None:
        if self.broker.up:
            self.broker.crash()
            self.time.after(self.random.uniform(0.1, 4.0), self.broker.start)

    def _pause_broker(self, slot: int, gateway: Gateway) -> None:
        if self.broker.up:
            self.broker.paused = True
            self.time.after(self.random.uniform(0.5, 7.0), self.broker.resume)

    def _refuse(self, slot: int, gateway: Gateway) -> None:
        disk = self.disk
        disk.refuses = True
        self.time.after(self.random.uniform(0.1, 3.0), lambda: setattr(disk, "refuses", False))

    def _storm(self, slot: int, gateway: Gateway) -> None:
        self.network.weather = Weather(
            drop=self.random.choice((0.1, 0.5, 1.0)), repeat=0.1, late=0.2, slow_s=0.05
        )
        self.time.after(self.random.uniform(0.5, 3.0), self._clear_up)

    def _clear_up(self) -> None:
        self.network.weather = self.usual

    def _cut_pages(self, slot: int, gateway: Gateway) -> None:
        for page in self.pages:
            if page.socket is not None and self.random.random() < 0.5:
                page.cut()

    def _restore(self, slot: int, gateway: Gateway) -> None:
        if not self.broker.up or self.backup is None:
            return
        self.broker.crash()
        self.old[self.disk.epoch] = self.disk
        self.disk = self.backup.copy(f"epoch-{len(self.old) + 1}")
        self.broker.disk = self.disk
        self.time.after(self.random.uniform(0.1, 2.0), self.broker.start)

    # --- the run ---------------------------------------------------------------------------------

    def run(self) -> Outcome:
        random, time = self.random, self.time
        self.usual = self.network.weather = Weather(
            drop=random.choice((0.0, 0.02, 0.05)), repeat=0.02, late=0.03, slow_s=0.02
        )
        for _ in range(random.choice((6, 7, 8, 10))):
            time.at(random.uniform(1.5, ACTIVE_S), self.strike)
        for number in range(3):
            time.at(random.uniform(0.5, ACTIVE_S), lambda number=number: self.announce(number))
        time.at(random.uniform(2, 6), self._back_up)
        try:
            time.run(ACTIVE_S)
            self._settle()
            self._last_changes()
            self._compare()
            self._restart_unseen()
        except Exception as error:  # a fault of ours, or an assertion of the disk or a roster
            self.problems.append(f"{time.now:.3f} {type(error).__name__}: {error}")
            raise
        return self._outcome()

    def _back_up(self) -> None:
        self.backup = self.disk.copy("")

    def _settle(self) -> None:
        """No more faults: everything must come right by itself."""
        self.active = False
        self.usual = self.network.weather = FAIR
        until = self.time.now + SETTLED_WITHIN_S
        least = (
            self.time.now
            + 7.0
            + sum((self.settings.lease, self.settings.move_grace, self.settings.leave_grace))
        )
        while self.time.now < until:
            self.time.run(self.time.now + 0.5)
            for page in self.pages:
                page.ping()
                if page.gone:
                    continue
                page.rejoin()
                for name in page.rooms:
                    if not is_private(name) and page.rooms[name].roster.names is None:
                        page.ask_names(name)
            if self.time.now > least and not self._unsettled():
                return
        self.problems += self._unsettled()

    def _unsettled(self) -> list[str]:
        late = [
            g.id + str((g.alive, g.link.up, g.chat.upkeep._unmarked, g.chat.upkeep._own_asked))
            for g in self.gateways
            if not g.chat.upkeep.caught_up
        ]
        late += [p.name for p in self.pages if not p.gone and not _settled(p)]
        return [f"{who} has not settled" for who in late]

    def _last_changes(self) -> None:
        """Somebody new comes to every room: whoever missed a change sees it."""
        page = Page(self, "last", "token-of-the-last-person", in_auth=True)
        page.rooms = {name: _room() for name in ROOMS}
        self.pages.append(page)
        page.connect()
        for _ in range(4):
            self.time.run(self.time.now + 0.6)
            for each in self.pages:
                for name, room in each.rooms.items():
                    if not is_private(name) and room.roster.names is None:
                        each.ask_names(name)

    def _compare(self) -> None:
        archive = self._archive()
        for page in self.pages:
            if page.view is not None and page.socket is not None:
                page.view.complete = True
        self.problems += check(archive, self.views, self.acks)
        house = self.broker.core._house
        for name in ROOMS:
            room = house.rooms.get(name)
            by_uid = room.participants._by_uid if room else {}
            truth = set(by_uid.values())
            here = {p.uid for p in self.pages if p.socket and name in p.rooms}
            uids = set(by_uid)
            if here != uids:
                self.problems.append(f"in {name} are {sorted(uids)}, should be {sorted(here)}")
            for page in self.pages:
                if page.socket and name in page.rooms and page.rooms[name].roster.names != truth:
                    names = page.rooms[name].roster.names
                    self.problems.append(f"{page.name} sees {names} in {name}, not {truth}")
        if not self.old:
            self._check_order(archive)

    def _check_order(self, archive: Archive) -> None:
        for page in self.pages:
            for room in {room for room, _ in page.said}:
                ids = {id: n for n, (_, id) in enumerate(page.said)}
                log = archive.log(archive.epoch, room)
                order = [ids[e.id] for e in log if e.uid == page.uid and e.id in ids]
                if order != sorted(order):
                    self.problems.append(f"{page.name} said in {room}, out of order: {order}")

    def _restart_unseen(self) -> None:
        """A broker restart is a pause: nobody comes or goes by it."""
        heads = {room: len(log) for room, log in self.disk.logs.items()}
        self.broker.crash()
        self.time.run(self.time.now + self.random.uniform(0.2, 2.0))
        self.broker.start()
        self.time.run(self.time.now + self.settings.lease + self.settings.move_grace + 2.0)
        for room, log in self.disk.logs.items():
            new = log[heads.get(room, 0) :]
            if new:
                self.problems.append(f"the restart was seen in {room}: {new}")

    def _archive(self) -> Archive:
        disks = {**self.old, self.disk.epoch: self.disk}
        kinds = {**{k: v for d in disks.values() for k, v in d.kinds.items()}}
        return Archive(
            {epoch: disk.logs for epoch, disk in disks.items()},
            {name: set(made.members) for name, made in kinds.items() if is_private(name)},
            (self.settings.replay, self.settings.replay_events),
        )

    def _outcome(self) -> Outcome:
        everybody = [*self.retired, *self.gateways]
        for gateway in everybody:
            metrics = gateway.metrics
            self.totals["resets"] += int(metrics.resets._value.get())
            self.totals["relinks"] += gateway.link.relinks - 1
            self.totals["cut off"] += gateway.cut_off
        self.totals["recoveries"] = self.recoveries
        self.totals["dedupes"] = self.broker.dedupes
        self.totals["refills"] = self.broker.refills
        self.totals["dropped"] = self.network.dropped
        self.totals["acks"] = len(self.acks)
        events = sum(len(log) for log in self.disk.logs.values())
        return Outcome(self.seed, self.problems, events, self.faults, self.totals)


def _settled(page: Page) -> bool:
    return (
        page.socket is not None
        and not page.queue
        and all(room.joined for room in page.rooms.values())
    )


def _is_public(name: str) -> bool:
    return not is_private(name)


def _room() -> Any:
    from tests.sim.page import Room

    return Room()


def _with(settings: Settings, **changes: Any) -> Settings:
    from msgspec.structs import replace

    return replace(settings, **changes)


def run(seed: int) -> Outcome:
    return World(seed).run()
