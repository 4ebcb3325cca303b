"""Polling: the requests of a browser that has no WebSocket, or none yet."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from aiohttp import web
from engineio import exceptions

from gateway.protocol.frames import NOOP, Frame
from gateway.protocol.packets import HEAD_CHARS, SEPARATOR, Head, Malformed
from gateway.transport.engine_port import EnginePort
from gateway.transport.outbox import Outbox

POST_PACKETS = 1000
POLL_PACKETS = 16
"""In the answer to one poll: the stock Python client hangs up at more."""
UPGRADE_POLL_S = 0.1
"""A poll during an upgrade ends this soon: the browser waits for it."""


class PollOwner(Protocol):
    """The connection that polls."""

    engine: EnginePort
    outbox: Outbox
    sid: str
    closed: bool
    closing: bool
    upgrading: bool
    upgraded: bool
    waved: bool

    def take_in(self, packets: Iterable[str | bytes | None]) -> None:
        """These packets have come, after those before."""

    def refuse(self, why: str) -> None: ...
    def cut_off(self) -> None: ...
    def end(self) -> None: ...


class Polling:
    """The polls and posts of one connection."""

    __slots__ = ("_body", "_connection", "_posted", "polled")

    def __init__(self, connection: PollOwner) -> None:
        self._connection = connection
        self.polled = False
        """A poll waits for its answer."""
        self._posted: asyncio.Future[None] | None = None
        """A post whose packets are not all heard yet."""
        self._body = bytearray()
        """Of a post that has not come to its end."""

    async def answer(self, request: web.Request) -> list[Frame]:
        """What the browser is owed, once there is something. Raises EngineIOError."""
        connection = self._connection
        if self.polled:  # as Node does: two polls could not be kept in order
            connection.refuse("a second poll at once")
            raise exceptions.SocketIsClosedError
        self.polled = True
        pulses = connection.engine.pulses
        try:
            most_s = pulses.interval_s + pulses.timeout_s
            if not connection.closed:  # and still listed for a moment: nobody would wake this
                most_s = UPGRADE_POLL_S if connection.upgrading else most_s
                await connection.outbox.waiting.wait(most_s)
        finally:
            self.polled = False
        if not connection.closed and (request.transport is None or request.transport.is_closing()):
            connection.cut_off()  # nobody would get what is taken now
        if connection.upgraded or connection.waved:
            return [NOOP]
        if connection.closed:
            raise exceptions.SocketIsClosedError
        frames = connection.outbox.take(request.transport, POLL_PACKETS)
        if connection.closing and connection.outbox.waiting.empty:
            connection.end()
        return frames or [NOOP]

    async def take(self, request: web.Request) -> None:
        """Returns once all its packets are heard. Raises EngineIOError."""
        connection = self._connection
        if connection.closed:  # and still listed for a moment: its packets would never be heard
            raise exceptions.SocketIsClosedError
        try:
            if self._posted is not None:
                raise Malformed("a second request at once")
            self._posted = asyncio.get_running_loop().create_future()
            try:
                connection.take_in(await self._read(request))
                await self._posted
            finally:
                self._posted = None
                self._drop()
        except (Malformed, UnicodeDecodeError, web.RequestPayloadError) as error:
            connection.refuse(str(error))
        except OSError:
            connection.cut_off()
        refused = connection.closed and not connection.waved
        if refused and connection.engine.lists(connection.sid):
            raise exceptions.SocketIsClosedError  # if it is not there, the library expects no error

    def heard_all(self) -> None:
        """Of the post; or nothing more is heard."""
        if self._posted is not None and not self._posted.done():
            self._posted.set_result(None)
        self._drop()

    def crowd_out(self) -> None:
        """(backlog.Holder)"""
        self._connection.refuse("a body that is not finished, while there are too many of them")

    def _drop(self) -> None:
        self._body = bytearray()
        self._connection.engine.backlog.hold(self, 0)

    async def _read(self, request: web.Request) -> list[str]:
        """The packets of a post. Raises Malformed, UnicodeDecodeError or web.RequestPayloadError
        for what no browser sends, OSError if the connection is lost, or slower than the time for a
        pong."""
        engine = self._connection.engine
        async with asyncio.timeout(engine.pulses.timeout_s):
            async for chunk in request.content.iter_any():
                if self._connection.closed:
                    raise OSError
                self._body += chunk
                if len(self._body) > engine.sizes.body_bytes:
                    raise Malformed("too large")
                engine.backlog.hold(self, len(self._body))
        packets = self._body.split(SEPARATOR.encode(), POST_PACKETS)
        self._drop()
        if len(packets) > POST_PACKETS:
            raise Malformed("too many packets")
        return [read_packet(packet, engine.sizes.packet_bytes) for packet in packets]


def read_packet(packet: bytearray, most_bytes: int) -> str:
    """Raises UnicodeDecodeError."""
    if len(packet) > most_bytes:
        return Head(packet[:HEAD_CHARS].decode(errors="ignore"))
    return packet.decode()
