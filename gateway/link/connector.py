"""The connector: drives the link with ZeroMQ sockets, the clock and randomness."""

import asyncio
import logging
import random
import secrets
import time
from contextlib import suppress

import zmq

from common.errors import FrameError
from common.keys import peer_keys
from common.log_rate import rate_limited
from common.settings import Settings
from common.zmq_sockets import ZmqSocket, events_endpoint, new_context, resolved
from gateway.link.link import Link
from gateway.link.ports import LinkListener
from gateway.link.states import LinkLost, LinkState
from gateway.link.zmq_sockets import LinkSockets
from gateway.runtime.timer_wheel import next_tick

log = logging.getLogger(__name__)

BYE_S = 1.0
"""A gateway that stops waits this long for the broker's answer to its Bye."""


class LinkLog:
    """Logs what goes wrong on the link. Implements `link.ports.Reporter`."""

    def __init__(self) -> None:
        self._limited = rate_limited(__name__)

    def on_fault(self, error: Exception) -> None:
        log.error("a listener of the link failed", exc_info=error)

    def on_turned_away(self, waiting: int) -> None:
        self._limited.warning("refused a command: %d commands wait already", waiting)

    def on_bad_frame(self, error: FrameError) -> None:
        self._limited.warning("a bad frame from the broker: %.200r", str(error))

    def on_loss(self, why: str) -> None:
        self._limited.warning("no link to the broker: %.200s", why)

    def on_failure(self) -> None:
        """The link was lost by an error of our own, which is being handled."""
        self._limited.exception("the link failed")


class Connector:
    """Keeps `link` up, one connection after the other, each on sockets of its own.

    Everything happens on one event loop. Raises KeysError if the settings name keys that do not
    exist.
    """

    def __init__(self, settings: Settings, gateway: str) -> None:
        self._broker = settings.broker
        self._keys = peer_keys(settings.keys, settings.key)
        self._log = LinkLog()
        proof = secrets.token_urlsafe(24)
        self.link = Link(settings, gateway, proof, time.monotonic(), self._log)
        self._awake = asyncio.Event()

    async def run(self, listener: LinkListener) -> None:
        """Runs for ever; the listener is told what happens. When this is cancelled the gateway
        says Bye to the broker, every command is given up, and the sockets are closed."""
        context = new_context()
        self._tick()
        try:
            while True:
                try:
                    await self._connect(context, listener)
                except LinkLost as lost:
                    self._log.on_loss(f"{self._broker}: {lost}")
                except Exception:
                    self.link.counts.faults += 1
                    self._log.on_failure()
                await asyncio.sleep(self.link.rest_s(random.random()))
                self.link.step(time.monotonic())
        finally:
            self._ticking.cancel()
            self.link.close()
            context.term()

    async def _connect(self, context: zmq.Context[ZmqSocket], listener: LinkListener) -> None:
        """Makes one connection and keeps it until it is lost, which is raised as an error."""
        broker = await asyncio.to_thread(resolved, self._broker)
        try:
            sockets = LinkSockets(context, broker, self._keys, self._awake.set, self._on_bad_frame)
        except zmq.ZMQError as error:
            raise LinkLost(f"cannot open sockets: {error}") from None
        try:
            self.link.connect(sockets, listener)
            while True:
                await self._turn(sockets)
                if self.link.state is LinkState.WELCOMED:
                    endpoint = events_endpoint(broker, self.link.events)
                    sockets.connect_broadcasts(await asyncio.to_thread(resolved, endpoint))
                    self.link.listen()
                    self._awake.set()
        except asyncio.CancelledError:
            if self.link.up:
                await self._leave(sockets)
            raise
        finally:
            sockets.close()
            self.link.lose()

    async def _turn(self, sockets: LinkSockets) -> None:
        """Waits until there is something to read, for a tick at most; reads it, and steps the
        link."""
        if self._awake.is_set():
            await asyncio.sleep(0)
        else:
            await self._awake.wait()
        self._awake.clear()
        sockets.watch_connections()
        self.link.read()
        while self.link.step(time.monotonic()):
            self._awake.set()  # to read what has come meanwhile
            await asyncio.sleep(0)
        if sockets.broken:
            raise LinkLost(sockets.broken)

    async def _leave(self, sockets: LinkSockets) -> None:
        """Says Bye, so that the broker need not wait for the lease to end."""
        with suppress(LinkLost, TimeoutError):
            async with asyncio.timeout(BYE_S):
                self.link.leave()
                while self.link.state is not LinkState.LEFT:
                    await self._turn(sockets)

    def _on_bad_frame(self, error: FrameError) -> None:
        self.link.counts.bad_frames += 1
        self._log.on_bad_frame(error)

    def _tick(self) -> None:
        """Wakes the connector regularly. One timer serves all turns: a timeout for each turn would
        cost as much as the turn."""
        self._awake.set()
        loop = asyncio.get_running_loop()
        self._ticking = loop.call_at(next_tick(loop.time()), self._tick)
