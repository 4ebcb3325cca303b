"""The link: this gateway's one connection to the broker, made anew whenever it is lost."""

import asyncio
import logging
import random
import secrets
import time
from collections.abc import Callable, Iterable
from typing import ParamSpec, Protocol

import zmq

from common import messages as m
from common.clock import ListeningClock
from common.codec import encode
from common.errors import FrameError
from common.keys import peer_keys
from common.quiet import LimitedLog
from common.settings import Settings
from common.zmq_sockets import ZmqSocket, resolved
from gateway.link.incarnation import Incarnation, LinkLost, Make
from gateway.link.pending import OnAnswer, Pending

log = logging.getLogger(__name__)

HOLD_S = 60.0
"""What changes something is kept for this long while there is no answer."""
TURN_COMMANDS = 500
"""Sent again in one turn."""
FIRST_REST_S = 0.05
LONGEST_REST_S = 1.0

P = ParamSpec("P")


class Listener(Protocol):
    """Who the link tells what happens. An error raised here is logged and costs nobody else."""

    def sittings(self) -> Iterable[m.SessionInfo]:
        """Who is here, as far as the broker has acked. It is read by and by."""

    def linked(self, epoch: str, term: int) -> None:
        """There is a new link and the broker knows who is here: take up the topics now."""

    def unlinked(self) -> None:
        """The link was lost."""

    def heard(self, topic: str, message: m.AnyBroadcast) -> None:
        """Something was published on a topic."""


class Link:
    """`run` keeps a link up. What is asked meanwhile is kept, and sent again, in order, on each new
    link until it is answered or given up. Everything here happens on one loop.

    `epoch` and `term` are those of the last broker that welcomed us; `up` says that it knows who is
    here and has not been lost since. Raises KeysError if the settings name keys that are not there.
    """

    def __init__(self, settings: Settings, gateway: str) -> None:
        self.gateway = gateway
        self.up = False
        self.epoch = ""
        self.term = 0
        self.pending = Pending()
        self.relinks = 0
        """Links that were made, the first one too."""
        self.bad_frames = 0
        self.refused_old_term = 0
        self.late_answers = 0
        """Answers that nobody waited for: given up before, or given twice."""
        self.given_up = 0
        self.turned_away = 0
        """Commands for which there was no room."""
        self.faults = 0
        """Errors that the listener or a callback raised."""
        self._settings = settings
        self._keys = peer_keys(settings.keys, settings.key)
        self._listener: Listener
        self._log = LimitedLog(log)
        self._proof = secrets.token_urlsafe(24)
        """Nobody else may take this gateway's place at the broker."""
        self._topics: dict[str, None] = {m.gateway_topic(gateway): None}
        self._incarnation: Incarnation | None = None
        self._clock = ListeningClock(time.monotonic())
        self._no = 0
        self._rests = 0

    # --- for the chat ----------------------------------------------------------------------------

    def ask(self, make: Make, on_answer: OnAnswer, *, hold: bool = False) -> None:
        """Sends a command as soon as there is a link. `on_answer` is called once: with the answer,
        or None if there was none within `request_timeout` (`hold`: HOLD_S), or no room."""
        no = self._number()
        frame = encode(make(no))
        keep_s = HOLD_S if hold else self._settings.request_timeout
        if not self.pending.add(no, frame, on_answer, self._clock.now, keep_s):
            self.turned_away += 1
            self._log.warning("a command is turned away, as many wait", self.pending.commands)
            on_answer(None)
        elif self.up and self._incarnation is not None:
            self._incarnation.send(frame)

    def subscribe(self, topics: Iterable[str]) -> None:
        """Wants these topics, on this link and each new one, in this order."""
        for topic in topics:
            if topic not in self._topics:
                self._topics[topic] = None
                if self._incarnation is not None:
                    self._incarnation.subscribe(topic)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        for topic in topics:
            if topic in self._topics:
                del self._topics[topic]
                if self._incarnation is not None:
                    self._incarnation.unsubscribe(topic)

    # --- one incarnation after the other ---------------------------------------------------------

    async def run(self, listener: Listener) -> None:
        """For ever; the listener is told what happens. Cancelled, it takes leave of the broker and
        closes all."""
        self._listener = listener
        context: zmq.Context[ZmqSocket] = zmq.Context()
        try:
            while True:
                try:
                    await self._live(context)
                except LinkLost as lost:
                    self._log.warning("no link to the broker", f"{self._settings.broker}: {lost}")
                except Exception:
                    self.faults += 1
                    self._log.warning("the link failed", failed=True)
                await self._rest()
        finally:
            for on_answer in self.pending.clear():
                self._tell(on_answer, None)
            context.term()

    async def _live(self, context: zmq.Context[ZmqSocket]) -> None:
        lease_s, clock = self._settings.lease, self._clock
        broker = await asyncio.to_thread(resolved, self._settings.broker)
        try:
            incarnation = Incarnation(
                context, broker, self._keys, lease_s, self._number, clock, self
            )
        except zmq.ZMQError as error:
            raise LinkLost(f"no sockets for it: {error}") from None
        try:
            welcome = await incarnation.hello(self.gateway, self._proof)
            self._check(welcome)
            self._incarnation = incarnation
            await incarnation.listen(welcome.events, self._topics)
            await incarnation.register(self._listener.sittings())
            await self._send_again(incarnation)
            self._went_up()
            while True:
                await incarnation.turn()
        except asyncio.CancelledError:
            if self.up:
                await incarnation.bye()
            raise
        finally:
            self._incarnation = None
            incarnation.close()
            if self.up:
                self.up = False
                self._tell(self._listener.unlinked)

    def _check(self, welcome: m.Welcome) -> None:
        # Terms are a store's own: a restored backup has a new epoch and may count from less.
        if welcome.epoch == self.epoch and welcome.term < self.term:
            self.refused_old_term += 1
            raise LinkLost(f"this broker has term {welcome.term}, {self.term} was seen before")
        self.epoch, self.term = welcome.epoch, welcome.term

    async def _send_again(self, incarnation: Incarnation) -> None:
        """What has no answer. What is asked meanwhile is sent after it."""
        for number, frame in enumerate(self.pending.frames(), 1):
            incarnation.send(frame)
            if number % TURN_COMMANDS == 0:
                await asyncio.sleep(0)

    def _went_up(self) -> None:
        self.up = True
        self.relinks += 1
        self._rests = 0
        self._tell(self._listener.linked, self.epoch, self.term)

    async def _rest(self) -> None:
        """All gateways lose a broker at once: they must not come back at once."""
        longest_s = min(LONGEST_REST_S, FIRST_REST_S * 2**self._rests)
        self._rests = min(self._rests + 1, 10)
        await asyncio.sleep(random.uniform(longest_s / 2, longest_s))
        self._clock.advance(time.monotonic())
        self._tell(self.take_turn)

    # --- what the incarnation hears (incarnation.Ear) --------------------------------------------

    def take_answer(self, answer: m.AnyAnswer) -> None:
        if answer.term < self.term:
            self.refused_old_term += 1
        elif (on_answer := self.pending.answered(answer.no)) is not None:
            self._tell(on_answer, answer)
        else:
            self.late_answers += 1

    def take_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        if message.term < self.term:
            self.refused_old_term += 1
        else:
            self._tell(self._listener.heard, topic, message)

    def take_bad_frame(self, error: FrameError) -> None:
        self.bad_frames += 1
        self._log.warning("a bad frame from the broker", error)

    def take_turn(self) -> None:
        for on_answer in self.pending.overdue(self._clock.now):
            self.given_up += 1
            self._tell(on_answer, None)

    def _number(self) -> int:
        self._no += 1
        return self._no

    def _tell(self, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            call(*args, **kwargs)
        except Exception:
            self.faults += 1
            log.exception("a listener of the link failed")
