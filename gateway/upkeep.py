"""The upkeep: what the chat does by the clock: marks, beacons, notices of the link, idle rooms."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import chain, islice, takewhile

from common import messages as m
from common.names import SYSTEM
from common.settings import Settings
from gateway.asking import Broker, Loop, tell_fault
from gateway.audience import PLAIN_NAMES
from gateway.frames import Frame
from gateway.gathering import Notice
from gateway.heads import Heads
from gateway.hearing import Hearing
from gateway.metrics import Metrics
from gateway.rooms import Rooms
from gateway.rosters import Rosters
from gateway.sessions import Sessions
from gateway.sockets import Socket
from gateway.wheel import next_tick

TURN_S = 0.25
RETRY_S = 1.0
"""An unanswered mark or page is asked again after this."""
LINK_NOTICE_S = 2.0
"""Browsers are told of a lost broker after this."""
BEACON_SILENCE_S = 4.0
"""Without a beacon for this long the gateway's own topic is taken up again."""
BEACON_MEMORY = 3
"""A beacon names what changed in this many beats: missing more of them needs a look at all."""
IDLE_ROOM_S = 5.0
ASK_ROOMS = 500
"""Rooms in one take-up."""


class Upkeep:
    """Works for one chat; `run` is its only task. It is slices.Work: there may be very many rooms
    to be taken up."""

    def __init__(
        self,
        settings: Settings,
        gateway: str,
        link: Broker,
        rooms: Rooms,
        sessions: Sessions,
        metrics: Metrics,
        loop: Loop,
    ) -> None:
        self._heads = Heads(link, rooms, sessions, self)
        names = min(1000, max(PLAIN_NAMES, settings.crowd))
        self._rosters = Rosters(rooms.means.rosters_due, link, loop, names)
        self._own_topic = m.gateway_topic(gateway)
        self._link = link
        self._loop = loop
        self._rooms = rooms
        self._metrics = metrics
        self.epoch = ""
        self._nonce = ""
        self._relinking: deque[Hearing] = deque()
        """Those that have to be told of a new link."""
        self._unasked: dict[str, None] = {}
        """Rooms whose mark is missing and was not asked for."""
        self._unmarked: dict[str, float] = {}
        """Rooms whose mark was asked for, and when, those of the longest ago first."""
        self._own_asked: float | None = None
        self._beat = 0
        self._beacon_at = 0.0
        self._down_since: float | None = self._loop.time()
        self._told_down = False
        self._later: list[tuple[float, Callable[[], None]]] = []

    @property
    def caught_up(self) -> bool:
        """Linked, and every topic proven live."""
        missing = self._relinking or self._unasked or self._unmarked or self._own_asked is not None
        return self._link.up and not missing

    async def run(self) -> None:
        while True:
            now = self._loop.time()
            await asyncio.sleep(next_tick(now, TURN_S) - now)
            self.turn(self._loop.time())

    def turn(self, now: float) -> None:
        """All that is due."""
        due = [call for at, call in self._later if at <= now]
        self._later = [(at, call) for at, call in self._later if at > now]
        for call in due:
            self._try(call)
        self._try(self._rooms.advance)
        self._try(partial(self._tell_down, now))
        if self._link.up:
            if self._relinking or self._unasked or self._unmarked:
                self._rooms.means.slices.want(self)
            if self._own_asked is not None or now - self._beacon_at > BEACON_SILENCE_S:
                self._try(partial(self._take_up_own, now))
            self._try(self._rosters.tell)
        self._try(partial(self._rooms.forget_empty, now - IDLE_ROOM_S))
        self._try(self._rooms.tails.shed)

    def _try(self, call: Callable[[], None]) -> None:
        """What fails costs nothing else its turn."""
        try:
            call()
        except Exception as error:
            tell_fault(self._loop, "the upkeep failed", error)

    def later(self, call: Callable[[], None]) -> None:
        """Calls it after RETRY_S."""
        self._later.append((self._loop.time() + RETRY_S, call))

    # --- the link --------------------------------------------------------------------------------

    def linked(self, epoch: str) -> None:
        self.epoch = self._heads.epoch = epoch
        self._nonce = secrets.token_hex(8)
        self._relinking = deque(self._rooms.hearings())
        self._unasked = {}
        self._unmarked = {}
        self._beat = 0
        self._down_since = None
        now = self._loop.time()
        self._beacon_at = now
        self._own_asked = None
        self._take_up_own(now)
        self._rooms.means.slices.want(self)
        self._heads.ask_private()
        if self._told_down:
            self._told_down = False
            self._tell_all({"Up": True})

    def unlinked(self) -> None:
        if self._down_since is None:
            self._down_since = self._loop.time()

    def greet(self, socket: Socket) -> None:
        """A newcomer is told what the others were."""
        if self._told_down:
            socket.send(Frame.event("link", {"Up": False}))

    def _tell_down(self, now: float) -> None:
        since = self._down_since
        if since is not None and not self._told_down and now - since >= LINK_NOTICE_S:
            self._told_down = True
            self._tell_all({"Up": False})

    def _tell_all(self, payload: dict[str, bool]) -> None:
        """All are in the system's room."""
        self._rooms.audience(SYSTEM).tell(Notice(objects=Frame.event("link", payload)))

    # --- marks, beacons, heads -------------------------------------------------------------------

    def step(self) -> bool:
        """Takes some rooms up: tells them of a new link, asks for their marks."""
        if not self._link.up:
            return False
        for _ in range(min(ASK_ROOMS, len(self._relinking))):
            hearing = self._relinking.popleft()
            if self._rooms.relinked(hearing) and hearing.room in self._rooms.audiences:
                self._unasked[hearing.room] = None
        now = self._loop.time()
        late = takewhile(lambda asked: now - asked[1] >= RETRY_S, self._unmarked.items())
        batch = list(islice(chain(self._unasked, (room for room, _ in late)), ASK_ROOMS))
        for room in batch:
            self.forget_mark(room)
            self._unmarked[room] = now
        if batch:
            self._ask_marks([m.events_topic(room) for room in batch])
        return bool(self._relinking) or len(batch) == ASK_ROOMS

    def failed(self) -> None:
        """Goes on with the others."""
        self._rooms.means.slices.want(self)

    def want_mark(self, room: str) -> None:
        """This room's subscription is new."""
        self._unmarked.pop(room, None)
        self._unasked[room] = None
        self._rooms.means.slices.want(self)

    def forget_mark(self, room: str) -> None:
        """It is here, or is not wanted any more."""
        self._unasked.pop(room, None)
        self._unmarked.pop(room, None)

    def marked(self, mark: m.Marked) -> None:
        """A topic is live, if this is the mark of this link."""
        if mark.nonce != self._nonce:
            return
        room = mark.topic.removeprefix("events/").removesuffix("\0")
        audience = self._rooms.audiences.get(room)
        if mark.topic == self._own_topic:
            self._own_topic_live()
        elif audience is not None:
            self.forget_mark(room)
            self._rooms.carry_out(audience, audience.replica.marked, mark.epoch, mark.head)

    def _take_up_own(self, now: float) -> None:
        if self._own_asked is None or now - self._own_asked >= RETRY_S:
            self._own_asked = now
            self._link.subscribe([self._own_topic])
            self._ask_marks([self._own_topic])

    def _own_topic_live(self) -> None:
        """What came for private rooms before this mark may be lost: look at their heads."""
        self._own_asked = None
        self._beacon_at = self._loop.time()
        self._heads.ask_private()

    def beacon(self, beacon: m.Beacon) -> None:
        self._beacon_at = self._loop.time()
        # The first of a link is number 1: all before the first that we hear were missed as well.
        if beacon.beat > self._beat + BEACON_MEMORY:
            self._metrics.beacons_missed.inc()
            self._heads.ask(self._rooms.audiences)
            self._heads.ask_private()
        self._beat = beacon.beat
        for room, head in beacon.heads.items():
            self._rooms.told_head(room, beacon.epoch, head)

    def _ask_marks(self, topics: list[str]) -> None:
        nonce = self._nonce
        self._link.ask(lambda no: m.TakeUp(no=no, topics=topics, nonce=nonce), lambda _: None)
