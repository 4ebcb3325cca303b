"""The HTTP connection of a browser that polls: plain polling requests, one after the other.

Each is read and answered here, without aiohttp's server. With the first request that is anything
else, the connection is handed over to aiohttp, which answers that one and all after it.
"""

import asyncio
import socket
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from engineio.exceptions import EngineIOError

from common.addresses import READ_BYTES
from common.eager import Eager
from common.hosts import REMEMBERED
from gateway.protocol.frames import Frame
from gateway.protocol.packets import SEPARATOR
from gateway.runtime.ports import report_fault
from gateway.server.listener import KEEPALIVE_S, HandOver
from gateway.server.plain_head import Sender
from gateway.server.polling_request import PollingReader, PollingRequest
from gateway.transport.backlog import Backlog
from gateway.transport.connection import Connection
from gateway.transport.heartbeat import HeartbeatTimes
from gateway.transport.poller import Poller
from gateway.transport.stream import Stream

SERVER = f"Server: {SERVER_SOFTWARE}\r\n".encode()
OK, BAD_REQUEST = "200 OK", "400 Bad Request"
PLAIN, PACKETS = "text/plain", "text/plain; charset=UTF-8"


class PollingEngine(Protocol):
    """The Engine.IO server, as HTTP connections see it."""

    poller: Poller
    backlog: Backlog
    heartbeat_times: HeartbeatTimes
    sockets: Mapping[str, Connection]
    """All sessions by their ids."""

    def may_connect(self, sender: Sender) -> bool:
        """Whether a request of this sender may be answered."""

    def address_of(self, sender: Sender, peer: str) -> str:
        """The address of this sender, whose connection comes from `peer`."""

    def open_polling(self, client: str) -> Connection:
        """A new session of the client at this address, whose Engine.IO OPEN waits in its outbox."""

    def page_headers(self, origin: str | None, host: str) -> list[tuple[str, str]]:
        """The headers of an answer that are about the page of its request."""


class HttpConnections:
    """All HTTP connections that are neither closed nor handed over."""

    def __init__(self, engine: PollingEngine, path: str, loop: asyncio.AbstractEventLoop) -> None:
        self.engine = engine
        self.open_ones: set[HttpConnection] = set()
        self.ending = False
        """No connection is kept alive."""
        self._reader = PollingReader(path, loop)
        self.head = lru_cache(REMEMBERED)(self._head)

    def open(self, sock: socket.socket, peer: str, first: bytes, hand_over: HandOver) -> bool:
        """See listener.Open."""
        accepted = self.accept(first, peer)
        if accepted is not None:
            HttpConnection(sock, peer, self, hand_over).begin(*accepted)
        return accepted is not None

    def accept(self, data: bytes, peer: str) -> tuple[PollingRequest, Connection] | None:
        """The request that these bytes are, and its session; None if aiohttp has to answer them."""
        request = self._reader.read(data)
        if request is None:
            return None
        sender = request.headers.sender
        if not self.engine.may_connect(sender):
            return None
        if not request.sid:
            return request, self.engine.open_polling(self.engine.address_of(sender, peer))
        session = self.engine.sockets.get(request.sid)
        if session is None or not session.connected or session.upgraded or session.closed:
            return None
        return request, session

    def end(self) -> None:
        """Ends the idle ones now and the others with their answers."""
        self.ending = True
        for one in list(self.open_ones):
            if not one.busy:
                one.end()

    def close(self) -> None:
        for one in list(self.open_ones):
            one.abort()

    def _head(self, status: str, content_type: str, origin: str | None, host: str) -> bytes:
        """The head of an answer to a page with these headers, up to the size of its body."""
        headers = [("Content-Type", content_type), *self.engine.page_headers(origin, host)]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join([*lines, "Content-Length: "]).encode()


class HttpConnection(Stream):
    """Owns the socket. `begin` is called once, with the first request. This is an outbox.Answering,
    a timer_wheel.Timer, and a backlog.BacklogHolder for what comes behind a request."""

    __slots__ = ("_hand_over", "_others", "_peer", "_session", "_unread", "_wheel", "busy", "tick")
    receive_bytes = READ_BYTES  # aiohttp may have to parse them in one turn of the loop

    def __init__(
        self, sock: socket.socket, peer: str, others: HttpConnections, hand_over: HandOver
    ) -> None:
        super().__init__(sock, others.engine.poller)
        self._peer = peer
        self._others = others
        self._wheel = others.engine.heartbeat_times.wheel
        self._hand_over = hand_over
        self.busy = False
        """A request has no answer yet."""
        self._session: Connection | None = None
        """The session that polls: if this connection is lost before the answer is sent, the session
        is cut off, since it would lose the frames."""
        self._unread = b""
        """What came behind a request before its answer was sent."""
        self.tick = 0
        others.open_ones.add(self)
        self._wheel.set(self, KEEPALIVE_S)
        self.read(True)

    def begin(self, request: PollingRequest, session: Connection) -> None:
        """Answers the request, as soon as there is an answer."""
        self.busy = True
        self._session = session if request.posted is None else None
        Eager(self._answer(request, session), self._on_answered)

    async def _answer(self, request: PollingRequest, session: Connection) -> None:
        sender = request.headers.sender
        status, content_type = OK, PACKETS
        try:
            if request.posted is not None:
                await session.polls.receive_post(request.posted)
                content_type, body = PLAIN, b"OK"
            elif request.sid:
                body = _payload(await session.polls.answer(self))
            else:
                body = _payload(session.outbox.take(self))
        except EngineIOError:
            status, content_type, body = BAD_REQUEST, PLAIN, b'"Bad Request"'
        head = self._others.head(status, content_type, sender.origin, sender.host)
        date = rfc822_formatted_time().encode()
        self.write(b"%b%d\r\nDate: %b\r\n%b\r\n%b" % (head, len(body), date, SERVER, body))
        if not self.unsent:
            self._on_sent()

    def _on_answered(self, error: BaseException | None) -> None:
        self.busy = False
        if not self.ended:
            self._wheel.set(self, KEEPALIVE_S)
        if error is not None:
            if isinstance(error, Exception):
                report_fault(asyncio.get_running_loop(), "a polling request failed", error)
            self.abort()
        elif self._others.ending:
            self.end()
        elif self._unread and not self.unsent:
            self._read_on()

    def _read_on(self) -> None:
        """The last answer was sent."""
        unread, self._unread = self._unread, b""
        self._others.engine.backlog.hold(self, 0)
        self.read(True)
        if unread:
            self.received(unread)

    def received(self, data: bytes) -> None:
        if self.busy or self.unsent:
            self._unread += data
            self.read(False)
            return self._others.engine.backlog.hold(self, len(self._unread))
        accepted = self._others.accept(data, self._peer)
        if accepted is not None:
            return self.begin(*accepted)
        own = self.sock
        given = socket.socket(own.family, own.type, own.proto, own.detach())
        given.setblocking(False)
        self._close()
        self._hand_over(given, data)

    def writable(self) -> None:
        super().writable()
        if self.unsent or self.ended:
            return
        self._on_sent()
        if not self.busy:
            self._read_on()

    def _on_sent(self) -> None:
        """All of the answer was sent."""
        session, self._session = self._session, None
        if session is not None:
            session.outbox.answered(self)

    def due(self) -> None:
        """Closes the connection if nothing has happened for KEEPALIVE_S since the last answer
        (timer_wheel.Timer): no request has come, or the answer is not read."""
        if self.busy:
            self._wheel.set(self, KEEPALIVE_S)
        else:
            self.crowd_out()

    def crowd_out(self) -> None:
        """(backlog.BacklogHolder)"""
        self.abort()
        self.lost()

    def lost(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.cut_off()

    def is_closing(self) -> bool:
        return self.ended

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def _close(self) -> None:
        super()._close()
        if self._unread:
            self._unread = b""
            self._others.engine.backlog.hold(self, 0)
        self._wheel.cancel(self)
        self._others.open_ones.discard(self)


def _payload(frames: list[Frame]) -> bytes:
    return SEPARATOR.join([frame.packet for frame in frames]).encode()
