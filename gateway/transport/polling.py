"""Polling: the HTTP requests of a browser that has no WebSocket, or has none yet."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from aiohttp import web
from engineio import exceptions

from gateway.protocol.frames import NOOP, Frame
from gateway.protocol.packets import HEAD_CHARS, SEPARATOR, Head, Malformed
from gateway.transport.engine_port import EnginePort
from gateway.transport.outbox import Answering, Outbox

POST_PACKETS = 1000
"""Packets in one POST at most."""
POLL_PACKETS = 16
"""Packets in the answer to one poll at most: the stock Python client hangs up at more."""
UPGRADE_POLL_S = 0.1
"""A poll ends after this time while an upgrade is under way: the browser waits for its end."""


class PollOwner(Protocol):
    """The connection that polls."""

    engine: EnginePort
    outbox: Outbox
    sid: str
    closed_by_peer: bool

    closed: bool
    closing: bool

    @property
    def upgrading(self) -> bool: ...

    def receive(self, packets: Sequence[str | bytes | None]) -> None:
        """These packets have come, after those before."""

    def refuse(self, why: str) -> None: ...
    def cut_off(self) -> None: ...
    def end(self) -> None: ...


class Polling:
    """The polls (GET) and posts (POST) of one connection: one of each at a time."""

    __slots__ = ("_body", "_connection", "_posted", "handed_over", "polled")

    def __init__(self, connection: PollOwner) -> None:
        self._connection = connection
        self.polled = False
        """A poll waits for its answer."""
        self.handed_over = False
        """A WebSocket has taken over: the last poll is answered without an error."""
        self._posted: asyncio.Future[None] | None = None
        """A POST whose packets are not all handled yet."""
        self._body = bytearray()
        """The body of a POST, as far as it has come."""

    async def answer(self, answering: Answering | None) -> list[Frame]:
        """The frames that wait for the browser, as soon as there are some, to be sent by
        `answering`; None: the way is lost already. Raises EngineIOError."""
        connection = self._connection
        if self.polled:  # as Node does: the answers to two polls have no order
            connection.refuse("a second poll at once")
            raise exceptions.SocketIsClosedError
        self.polled = True
        times = connection.engine.heartbeat_times
        try:
            # If it is closed, though still listed, nobody would end the wait.
            if not connection.closed and connection.outbox.waiting.empty:
                longest_s = times.interval_s + times.timeout_s
                timeout_s = UPGRADE_POLL_S if connection.upgrading else longest_s
                await connection.outbox.waiting.wait(timeout_s)
        finally:
            self.polled = False
        if not connection.closed and (answering is None or answering.is_closing()):
            connection.cut_off()  # the browser would not get what is taken now
        if self.handed_over or connection.closed_by_peer:
            return [NOOP]
        if connection.closed:
            raise exceptions.SocketIsClosedError
        frames = connection.outbox.take(answering, POLL_PACKETS)
        if connection.closing and connection.outbox.waiting.empty:
            connection.end()
        return frames or [NOOP]

    async def receive_post(self, posted: bytes | web.Request) -> None:
        """Returns when all packets of the POST are handled: its body, or the request whose body is
        still to be read. Raises EngineIOError."""
        connection = self._connection
        if connection.closed:  # it is still listed for a moment, but handles no packets
            raise exceptions.SocketIsClosedError
        try:
            if self._posted is not None:
                raise Malformed("a second request at once")
            self._posted = asyncio.get_running_loop().create_future()
            try:
                body = posted if isinstance(posted, bytes) else await self._read(posted)
                connection.receive(self._packets(body))
                await self._posted
            finally:
                self._posted = None
                self._drop()
        except (Malformed, UnicodeDecodeError, web.RequestPayloadError) as error:
            connection.refuse(str(error))
        except OSError:
            connection.cut_off()
        refused = connection.closed and not connection.closed_by_peer
        if refused and connection.engine.lists(connection.sid):
            # The library expects an error only of a session that is listed.
            raise exceptions.SocketIsClosedError

    def on_all_handled(self) -> None:
        """All packets of the POST are handled, or no packet will be handled any more."""
        if self._posted is not None and not self._posted.done():
            self._posted.set_result(None)
        self._drop()

    def crowd_out(self) -> None:
        """(backlog.BacklogHolder)"""
        self._connection.refuse("too many bodies are unfinished, and this one for longest")

    def _drop(self) -> None:
        self._body = bytearray()
        self._connection.engine.backlog.hold(self, 0)

    async def _read(self, request: web.Request) -> bytearray:
        """The body of a POST. Raises Malformed or web.RequestPayloadError for one that no browser
        sends, OSError if the connection is lost or takes longer than the time for a pong."""
        engine = self._connection.engine
        async with asyncio.timeout(engine.heartbeat_times.timeout_s):
            async for chunk in request.content.iter_any():
                if self._connection.closed:
                    raise OSError
                self._body += chunk
                if len(self._body) > engine.sizes.body_bytes:
                    raise Malformed("too large")
                engine.backlog.hold(self, len(self._body))
        body = self._body
        self._drop()
        return body

    def _packets(self, body: bytes | bytearray) -> list[str]:
        """Raises Malformed or UnicodeDecodeError for a body that no browser sends."""
        packets = body.split(SEPARATOR.encode(), POST_PACKETS)
        if len(packets) > POST_PACKETS:
            raise Malformed("too many packets")
        limit_bytes = self._connection.engine.sizes.packet_bytes
        return [read_packet(packet, limit_bytes) for packet in packets]


def read_packet(packet: bytes | bytearray, limit_bytes: int) -> str:
    """The packet as text; of one above the limit only its Head. Raises UnicodeDecodeError."""
    if len(packet) > limit_bytes:
        return Head(packet[:HEAD_CHARS].decode(errors="ignore"))
    return packet.decode()
