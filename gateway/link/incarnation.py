"""The incarnation: one link from Hello to its loss, on sockets of its own."""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import Protocol

import zmq

from common import messages as m
from common.clock import ListeningClock
from common.codec import encode
from common.errors import FrameError
from common.keys import PeerKeys
from common.zmq_sockets import ZmqSocket, events_endpoint, resolved
from gateway.link.registration import batches
from gateway.link.zmq_sockets import LinkSockets
from gateway.runtime.timer_wheel import next_tick

TICK_S = 0.25
TURN_FRAMES = 200
"""Messages read from each socket before others get their turn."""
TURN_TOPICS = 1000
"""Subscribed to in one turn."""
BYE_S = 1.0
"""A gateway that stops waits this long for the broker to have heard it."""

Make = Callable[[int], m.AnyCommand]


class LinkLost(Exception):
    """This incarnation is over; the message says why."""


class Ear(Protocol):
    """Who takes what is not the incarnation's own."""

    def take_answer(self, answer: m.AnyAnswer) -> None: ...
    def take_broadcast(self, topic: str, message: m.AnyBroadcast) -> None: ...
    def take_bad_frame(self, error: FrameError) -> None: ...
    def take_turn(self) -> None:
        """Time has passed."""


class Incarnation:
    """After making it: `hello`, `listen`, `register`, `turn` for ever, in any case `close`. All
    raise LinkLost. Broadcasts wait in their socket until `registered`."""

    def __init__(
        self,
        context: zmq.Context[ZmqSocket],
        broker: str,
        keys: PeerKeys | None,
        lease_s: float,
        number: Callable[[], int],
        clock: ListeningClock,
        ear: Ear,
    ) -> None:
        self.registered = False
        self._broker = broker
        self._lease_s = lease_s
        self._number = number
        self._clock = clock
        self._ear = ear
        self._own: dict[int, asyncio.Future[m.AnyAnswer]] = {}
        """Commands of this incarnation: they are never sent again."""
        self._unsubscribed: dict[str, None] = {}
        """Topics that are to have their turn."""
        self._answered_at = self._sent_at = clock.now
        self._wake = asyncio.Event()
        self.wire = LinkSockets(context, broker, keys, self._wake.set, ear.take_bad_frame)
        self._loop = asyncio.get_running_loop()
        self._tick()

    async def hello(self, gateway: str, proof: str) -> m.Welcome:
        welcome = await self._request(
            lambda no: m.Hello(no=no, wire=m.WIRE, gateway=gateway, proof=proof)
        )
        if not isinstance(welcome, m.Welcome):
            raise LinkLost(_why(welcome))
        self._lease_s = welcome.lease_s
        return welcome

    async def listen(self, events: str, topics: Iterable[str]) -> None:
        """Subscribes to these, in this order, at the place that the welcome told, and waits until
        the connection is there: a mark that is asked for earlier would not be seen."""
        self._unsubscribed = dict.fromkeys(topics)
        endpoint = events_endpoint(self._broker, events)
        self.wire.connect_broadcasts(await asyncio.to_thread(resolved, endpoint))
        while self._unsubscribed or not self.wire.subscribed:
            some = list(islice(self._unsubscribed, TURN_TOPICS))
            for topic in some:
                del self._unsubscribed[topic]
            self.wire.subscribe(some)
            if self._unsubscribed:
                self._wake.set()
            await self.turn()

    def subscribe(self, topic: str) -> None:
        """To one more, after those before."""
        if self._unsubscribed:
            self._unsubscribed[topic] = None
        else:
            self.wire.subscribe([topic])

    def unsubscribe(self, topic: str) -> None:
        if topic in self._unsubscribed:
            del self._unsubscribed[topic]
        else:
            self.wire.unsubscribe(topic)

    async def register(self, sittings: Iterable[m.SessionInfo]) -> None:
        """The broker knows who is here. (In turn: a large gateway must not flood a new broker.)"""
        for batch, last in batches(sittings):
            done = await self._request(partial(_register, batch, last))
            if not isinstance(done, m.Done):
                raise LinkLost(_why(done))
        self.registered = True
        self._wake.set()

    async def bye(self) -> None:
        """Takes leave of the broker, in a second at the most."""
        with suppress(LinkLost, TimeoutError):
            async with asyncio.timeout(BYE_S):
                await self._request(lambda no: m.Bye(no=no))

    def send(self, frame: bytes) -> None:
        self.wire.send(frame)
        self._sent_at = self._clock.now

    def close(self) -> None:
        self._ticking.cancel()
        self.wire.close()

    async def turn(self) -> None:
        """Waits until there is something to read, a tick at most; reads it; does what is due."""
        if self._wake.is_set():
            await asyncio.sleep(0)
        else:
            await self._wake.wait()
        self._wake.clear()
        self.wire.look()
        for answer in self.wire.answers(TURN_FRAMES):
            self._answer(answer)
        for topic, message in self.wire.broadcasts(TURN_FRAMES if self.registered else 0):
            self._ear.take_broadcast(topic, message)
        self._clock.advance(time.monotonic())
        self._ear.take_turn()
        if self.wire.broken:
            raise LinkLost(self.wire.broken)
        silent_s = self._clock.now - self._answered_at
        if silent_s > self._lease_s * 2 / 3 + 1:
            raise LinkLost(f"no answer for {silent_s:.1f} s")
        if self.registered and self._clock.now - self._sent_at >= self._lease_s / 3:
            self._command(lambda no: m.Beat(no=no))

    def _tick(self) -> None:
        """One timer for all turns: a timeout for each would cost as much as the turn."""
        self._wake.set()
        self._ticking = self._loop.call_at(next_tick(self._loop.time(), TICK_S), self._tick)

    def _answer(self, answer: m.AnyAnswer) -> None:
        self._answered_at = self._clock.now
        own = self._own.pop(answer.no, None)
        if isinstance(answer, m.Failed) and answer.code == "hello":
            raise LinkLost("the broker does not know us any more")
        if own is not None:
            own.set_result(answer)
        else:
            self._ear.take_answer(answer)

    async def _request(self, make: Make) -> m.AnyAnswer:
        answer = self._command(make)
        while not answer.done():
            await self.turn()
        return answer.result()

    def _command(self, make: Make) -> asyncio.Future[m.AnyAnswer]:
        no = self._number()
        answer = self._own[no] = asyncio.get_running_loop().create_future()
        self.send(encode(make(no)))
        return answer


def _register(sittings: list[m.SessionInfo], last: bool, no: int) -> m.Register:
    return m.Register(no=no, sittings=sittings, last=last)


def _why(answer: m.AnyAnswer) -> str:
    if isinstance(answer, m.Failed):
        return answer.message
    return f"the broker gave an answer to something else: {type(answer).__name__}"
