"""The upkeep: what the chat does by the clock: beacons, notices of the link, idle rooms."""

import asyncio
from collections.abc import Callable
from functools import partial

from common import messages as m
from gateway.chat.head_checks import HeadChecks
from gateway.protocol.frames import Frame
from gateway.rooms.context import RETRY_S, RoomContext
from gateway.rooms.marks import Marks
from gateway.rooms.room_table import RoomTable
from gateway.rooms.send_queue import Notice
from gateway.runtime.ports import Broker, Loop, report_fault
from gateway.runtime.timer_wheel import next_tick
from gateway.transport.sockets import Socket

TURN_S = 0.25
LINK_NOTICE_S = 2.0
"""Browsers are told of a lost broker after this."""
BEACON_SILENCE_S = 4.0
"""Without a beacon for this long the gateway's own topic is taken up again."""
BEACON_MEMORY = 3
"""A beacon names what changed in this many beats: missing more of them needs a look at all."""
IDLE_ROOM_S = 5.0


class Maintenance:
    """Works for one chat; `run` is its only task."""

    def __init__(
        self,
        gateway: str,
        link: Broker,
        rooms: RoomTable,
        marks: Marks,
        context: RoomContext,
        loop: Loop,
    ) -> None:
        self._heads = HeadChecks(link, rooms, context)
        self._context = context
        self._marks = marks
        self._own_topic = m.gateway_topic(gateway)
        self._link = link
        self._loop = loop
        self._rooms = rooms
        self.epoch = ""
        self._own_asked: float | None = None
        self._beat = 0
        self._beacon_at = 0.0
        self._down_since: float | None = self._loop.time()
        self._told_down = False

    @property
    def caught_up(self) -> bool:
        """Linked, and every topic proven live."""
        return self._link.up and not self._marks.missing and self._own_asked is None

    async def run(self) -> None:
        while True:
            now = self._loop.time()
            await asyncio.sleep(next_tick(now, TURN_S) - now)
            self.turn(self._loop.time())

    def turn(self, now: float) -> None:
        """All that is due."""
        self._try(self._rooms.wake_catch_ups)
        self._try(partial(self._tell_down, now))
        if self._link.up:
            self._marks.wake()
            if self._own_asked is not None or now - self._beacon_at > BEACON_SILENCE_S:
                self._try(partial(self._take_up_own, now))
            self._try(self._context.rosters.request_due)
        self._try(partial(self._rooms.forget_empty, now - IDLE_ROOM_S))
        self._try(self._context.tail_budget.shed)

    def _try(self, call: Callable[[], None]) -> None:
        """What fails costs nothing else its turn."""
        try:
            call()
        except Exception as error:
            report_fault(self._loop, "the upkeep failed", error)

    # --- the link --------------------------------------------------------------------------------

    def on_link_up(self, epoch: str) -> None:
        self.epoch = self._heads.epoch = epoch
        self._marks.linked(self._rooms)
        self._beat = 0
        self._down_since = None
        now = self._loop.time()
        self._beacon_at = now
        self._own_asked = None
        self._take_up_own(now)
        self._heads.ask_private()
        if self._told_down:
            self._told_down = False
            self._tell_all({"Up": True})

    def on_link_down(self) -> None:
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
        self._rooms.notify_all(Notice(objects=Frame.event("link", payload)))

    # --- marks, beacons, heads -------------------------------------------------------------------

    def marked(self, mark: m.Marked) -> None:
        """A topic is live, if this is the mark of this link."""
        if not self._marks.is_current(mark):
            return
        if mark.topic == self._own_topic:
            self._own_topic_live()
        else:
            self._rooms.on_mark(mark)

    def _take_up_own(self, now: float) -> None:
        if self._own_asked is None or now - self._own_asked >= RETRY_S:
            self._own_asked = now
            self._link.subscribe([self._own_topic])
            self._marks.ask([self._own_topic])

    def _own_topic_live(self) -> None:
        """What came for private rooms before this mark may be lost: look at their heads."""
        self._own_asked = None
        self._beacon_at = self._loop.time()
        self._heads.ask_private()

    def beacon(self, beacon: m.Beacon) -> None:
        self._beacon_at = self._loop.time()
        # The first of a link is number 1: all before the first that we hear were missed as well.
        if beacon.beat > self._beat + BEACON_MEMORY:
            self._context.metrics.beacons_missed.inc()
            self._heads.ask(self._rooms.names(private=False))
            self._heads.ask_private()
        self._beat = beacon.beat
        for room, head in beacon.heads.items():
            self._rooms.on_head(room, beacon.epoch, head)
