"""The maintenance: periodic work. Watches beacons, tells of a lost link, drops empty rooms."""

import asyncio
from collections.abc import Callable
from functools import partial

from common import messages as m
from gateway.chat.head_checks import HeadChecks
from gateway.protocol.frames import Frame
from gateway.rooms.context import RoomContext
from gateway.rooms.marks import Marks
from gateway.rooms.room_table import RoomTable
from gateway.rooms.send_queue import Notice
from gateway.runtime.ports import Broker, Loop, report_fault
from gateway.runtime.timer_wheel import next_tick
from gateway.transport.sockets import Socket

LINK_NOTICE_S = 2.0
"""Browsers are sent a notice when the broker has been lost for this long."""
BEACON_SILENCE_S = 4.0
"""If no beacon came for this long the mark of the gateway's own topic is requested again."""
BEACON_MEMORY = 3
"""Each beacon lists the changes of the last 3 beats. If 3 or more in a row were missed, the heads
of all rooms are requested."""
EMPTY_ROOM_S = 5.0
"""A public room is unsubscribed when it had no socket for this long."""


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
        self.epoch = ""
        self._heads = HeadChecks(link, rooms, context.sessions, context.work_queue, loop)
        self._context = context
        self._marks = marks
        self._own_topic = m.gateway_topic(gateway)
        self._link = link
        self._loop = loop
        self._rooms = rooms
        self._beat = 0
        """The number of the last beacon on this link."""
        self._silent_since = 0.0
        """When the last beacon came, or the mark of the gateway's own topic was requested
        (monotonic)."""
        self._down_since: float | None = self._loop.time()
        self._down_noticed = False
        """Whether browsers were sent the notice that the link is down."""

    @property
    def caught_up(self) -> bool:
        """The link is up, and the subscription of every topic is proven live."""
        return self._link.up and not self._marks.missing

    async def run(self) -> None:
        """Runs for ever."""
        while True:
            now = self._loop.time()
            await asyncio.sleep(next_tick(now) - now)
            self.step(self._loop.time())

    def step(self, now: float) -> None:
        """Does everything that is due."""
        self._try(self._rooms.wake_catch_ups)
        self._try(partial(self._notice_down, now))
        if self._link.up:
            self._marks.wake()
            if now - self._silent_since > BEACON_SILENCE_S:
                self._silent_since = now
                self._marks.add(self._own_topic)
            self._try(self._context.rosters.request_due)
        self._try(partial(self._rooms.forget_empty, now - EMPTY_ROOM_S))
        self._try(self._context.tail_budget.shed)

    def _try(self, call: Callable[[], None]) -> None:
        """Makes one call of a step; an error in it does not prevent the other calls."""
        try:
            call()
        except Exception as error:
            report_fault(self._loop, "the maintenance failed", error)

    # --- the link --------------------------------------------------------------------------------

    def on_link_up(self, epoch: str) -> None:
        self.epoch = self._heads.epoch = epoch
        self._marks.on_link_up(self._own_topic, self._rooms)
        self._beat = 0
        self._down_since = None
        self._silent_since = self._loop.time()
        self._heads.check_private()
        if self._down_noticed:
            self._down_noticed = False
            self._send_all({"Up": True})

    def on_link_down(self) -> None:
        if self._down_since is None:
            self._down_since = self._loop.time()

    def greet(self, socket: Socket) -> None:
        """If the link is down, tells a new socket so, as the others were told."""
        if self._down_noticed:
            socket.send(Frame.event("link", {"Up": False}))

    def _notice_down(self, now: float) -> None:
        since = self._down_since
        if since is not None and not self._down_noticed and now - since >= LINK_NOTICE_S:
            self._down_noticed = True
            self._send_all({"Up": False})

    def _send_all(self, payload: dict[str, bool]) -> None:
        self._rooms.notify_all(Notice(objects=Frame.event("link", payload)))

    # --- marks, beacons, heads -------------------------------------------------------------------

    def on_mark(self, mark: m.Marked) -> None:
        """A topic is live, if the mark was requested on this link."""
        if not self._marks.is_current(mark):
            return
        self._marks.forget(mark.topic)
        if mark.topic == self._own_topic:
            self._on_own_mark()
        else:
            self._rooms.on_mark(mark)

    def _on_own_mark(self) -> None:
        """Events of private rooms that were published before this mark may be lost: their heads
        show it."""
        self._silent_since = self._loop.time()
        self._heads.check_private()

    def on_beacon(self, beacon: m.Beacon) -> None:
        self._silent_since = self._loop.time()
        # The first beat of a link is number 1: those before the first beacon were missed as well.
        if beacon.beat > self._beat + BEACON_MEMORY:
            self._context.metrics.beacons_missed.inc()
            self._heads.check(self._rooms.names(private=False))
            self._heads.check_private()
        self._beat = beacon.beat
        for room, head in beacon.heads.items():
            self._rooms.on_head(room, beacon.epoch, head)
