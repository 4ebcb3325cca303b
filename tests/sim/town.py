"""The town of one run: a broker, gateways, and people who do things at random."""

from collections import Counter
from functools import partial
from random import Random

from msgspec.structs import replace

from common.messages import Announce, Blank
from common.names import is_private
from common.settings import Settings
from tests.sim.bans import Bans
from tests.sim.broker import Broker
from tests.sim.disk import Disk
from tests.sim.gateway import Gateway
from tests.sim.history import Acked, View
from tests.sim.network import Network
from tests.sim.page import Page, Room
from tests.sim.plain import PlainPage
from tests.sim.scripts import Scripts
from tests.sim.tally import Tally
from tests.sim.virtual import Time

ROOMS = ("lobby", "tea", "dev")
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


class Town:
    """Everything that takes part in one run. It is a browser.Town."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.time = Time()
        self.views: list[View] = []
        self.acks: list[Acked] = []
        self.recoveries = 0
        self.problems: list[str] = []
        self.made: Counter[str] = Counter()
        self.settings = replace(
            SETTINGS,
            outbox_bytes=random.choice((1 << 20, 16_000)),
            tail_bytes=random.choice((1 << 20, 12_000)),
            crowd=random.choice((500, 5, 4)),
            crowd_joins=random.choice((1000, 1000, 8)),
        )
        self.network = Network(self.time, random)
        self.disk = Disk("epoch-1")
        self.old: dict[str, Disk] = {}
        """The disks that a backup has replaced, by epoch."""
        self.tally = Tally(ROOMS)
        self.broker = Broker(self.settings, self.tally, self.disk, self.network, self.time, random)
        self.network.broker = self.broker
        self.broker.start()
        self.gateways = [self.new_gateway() for _ in range(random.choice((3, 3, 4)))]
        self.retired: list[Gateway] = []
        self.pages: list[Page] = []
        self.plain: list[PlainPage] = []
        self.scripts = Scripts(self.network, self.time)
        self.bans = Bans(self.scripts)
        self.active = True

    # --- browser.Town ----------------------------------------------------------------------------

    def door(self) -> Gateway:
        return self.random.choice(self.gateways)

    def complain(self, problem: str) -> None:
        self.problems.append(f"{self.time.now:.3f} {problem}")

    def forgiven(self, uid: str) -> bool:
        return bool(self.old) or uid in self.bans.ever

    def stored(self, room: str, uid: str, id: str) -> bool:
        return (room, uid, id) in self.disk.said

    # ---------------------------------------------------------------------------------------------

    def everybody(self) -> list[Page | PlainPage]:
        return [*self.pages, *self.plain]

    def new_gateway(self) -> Gateway:
        self.made["gateways"] += 1
        id = f"g{self.made['gateways']}"
        return Gateway(id, self.settings, self.network, self.time, self.random)

    def populate(self) -> None:
        for number in range(self.random.choice((6, 7, 8))):
            tabs = 2 if self.random.random() < 0.3 else 1
            token = f"token-{number:02}-of-a-person-xx"
            for tab in range(tabs):
                name = f"p{number}/{tab}" if tab else f"p{number}"
                page = Page(self, name, token, in_auth=self.random.random() < 0.7)
                page.reads_within_s = 1.5 if self.random.random() < 0.1 else 0.06
                page.page = self.random.choice((100, 100, 3))
                page.looks = self.random.random() < 0.7
                for room in self.random.sample(ROOMS, self.random.choice((1, 2, 2, 3))):
                    page.rooms[room] = Room()
                self.pages.append(page)
                self.time.after(self.random.uniform(0, 1.0), page.connect)
                self.time.after(self.random.uniform(0.5, 1.5), partial(self._live, page))

        for number in range(self.random.choice((1, 2))):
            plain = PlainPage(self, f"plain{number}")
            self.plain.append(plain)
            self.time.after(self.random.uniform(0, 1.0), plain.connect)
            self.time.after(self.random.uniform(0.5, 1.5), partial(self._live, plain))

    def _live(self, page: Page | PlainPage) -> None:
        """Makes a person do something, again and again."""
        if not self.active:
            return
        self.time.after(self.random.expovariate(1 / 0.32), lambda: self._live(page))
        page.ping()
        if page.gone:
            if self.random.random() < 0.3:
                page.gone = False
                page.connect()
            return
        if page.socket is not None:
            if isinstance(page, Page):
                self._act(page)
            elif page.joined:
                self._act_plainly(page)

    def _act(self, page: Page) -> None:
        page.rejoin()
        joined = [name for name, room in page.rooms.items() if room.joined]
        if not joined or not page.bound:
            return
        name = self.random.choice(joined)
        dice = self.random.random()
        if dice < 0.62:
            for _ in range(self.random.choice((1, 1, 1, 2, 3))):
                page.queue.say(name)
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
        elif dice < 0.91 and not is_private(name) and page.looks:
            page.ask_names(name)
        elif dice < 0.94:
            page.read_back(name)
        elif dice < 0.96:
            page.rename(f"{page.name.partition('/')[0]}-{self.random.randrange(3)}")
        elif dice < 0.975:
            page.say_goodbye()
        elif dice < 0.99:
            page.cut()

    def _act_plainly(self, page: PlainPage) -> None:
        dice = self.random.random()
        if dice < 0.6:
            page.say()
        elif dice < 0.8:
            page.look()
        elif dice < 0.9:
            page.join(f"{page.name}-{self.random.randrange(3)}")
        elif dice < 0.93:
            page.say_goodbye()
        elif dice < 0.97:
            page.cut()

    def announce(self, number: int) -> None:
        self.scripts.run(Announce(no=1, text=f"news {number}", id=f"news-{number}"))

    def delete(self) -> None:
        """Blanks one of the newest messages, which may be of a private room."""
        said = [
            (room, event.seq)
            for room, log in self.disk.logs.items()
            for event in log[-20:]
            if event.kind in ("message", "announce")
        ]
        if said:
            room, seq = self.random.choice(said)
            self.scripts.run(Blank(no=1, room=room, seq=seq))

    def ban(self) -> None:
        """Bans somebody, and mostly lifts the ban after a while."""
        uids = [page.uid for page in self.everybody() if page.uid]
        uids = [uid for uid in uids if uid not in self.bans.ever]
        if uids:
            uid = self.random.choice(uids)
            self.bans.ban(uid, self.disk)
            if self.random.random() < 0.7:
                lifted_s = self.random.uniform(3.0, 6.0)
                self.time.after(lifted_s, lambda: self.bans.lift(uid, self.disk))


def _is_public(name: str) -> bool:
    return not is_private(name)
