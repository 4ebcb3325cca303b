"""The sockets: connected browsers, as the chat sees them."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from gateway.protocol.frames import DISCONNECT, Frame
from gateway.transport.outbox import Outbox, Sendable

Reply = Callable[[dict[str, Any] | None], None]
"""Called once, with the ack's payload; None leaves the request unanswered. If the request has no
ack id, an error is sent as a `refused` event and every other payload is dropped."""


class Transport(Protocol):
    """The connection under a socket."""

    outbox: Outbox

    def resume(self) -> None:
        """The next request may be handled, if there is one."""

    def cut_off(self) -> None: ...
    def cut_off_unread(self) -> None: ...
    def finish(self, last: list[Frame]) -> None: ...


class Handler(Protocol):
    """The chat. No method may wait or raise."""

    def connected(self, socket: "Socket", auth: object) -> None:
        """The CONNECT of this socket was answered. The socket is held, so this must lead to
        `socket.release()`."""

    def requested(self, socket: "Socket", event: str, args: list[Any], reply: Reply) -> None:
        """The browser sent an event, which `reply` answers."""

    def gone(self, socket: "Socket", left: bool) -> None:
        """The socket is over; called once for each that was `connected`. `left`: for good, by its
        DISCONNECT or our `close`; else the connection was lost or cut off. After `close` and
        `cut_off` this is called at a later turn of the loop."""


class Socket:
    """One browser after its CONNECT. Until `closed`, everything that is sent arrives in order, or
    the browser is cut off."""

    __slots__ = (
        "_handler",
        "_holds",
        "_transport",
        "closed",
        "in_flight",
        "most_in_flight",
        "outbox",
        "sid",
    )  # fmt: skip

    def __init__(
        self, sid: str, transport: Transport, handler: Handler, most_in_flight: int
    ) -> None:
        self.sid = sid
        self._holds = 1
        """How many hold the socket: see `hold`. At first it is the chat, which greets it."""
        self.closed = False
        self.in_flight = 0
        self.most_in_flight = most_in_flight
        self.outbox = transport.outbox
        self._transport: Transport | None = transport
        self._handler = handler

    def hold(self) -> None:
        """Further requests wait, and little more is read, until everybody who holds the socket
        has called `release`."""
        self._holds += 1

    def release(self) -> None:
        """Ends one `hold`."""
        self._holds -= 1
        if not self._holds:
            self._resume()

    @property
    def ready(self) -> bool:
        """Whether requests are handled: nobody holds the socket."""
        return not self._holds

    def send(self, sendable: Sendable) -> None:
        """Sends a Frame or Batch after everything sent before. A browser that reads too slowly is
        cut off."""
        if not self.closed and not self.outbox.put(sendable):
            self.cut_off_unread()

    @property
    def unsent_bytes(self) -> int:
        """Bytes that were sent and that the kernel has not taken yet."""
        return self.outbox.unsent_bytes

    def close(self, reason_frame: Frame | None = None) -> None:
        """Ends the socket for good: a stock client does not connect again. The reason is sent
        before the DISCONNECT."""
        if self.closed or self._transport is None:
            return
        last = [DISCONNECT] if reason_frame is None else [reason_frame, DISCONNECT]
        self._transport.finish(last)
        self.end(left=True)

    def cut_off(self) -> None:
        """Ends the connection at once and drops unsent bytes: a stock client connects again and
        recovers."""
        if self._transport is not None:
            self._transport.cut_off()

    def cut_off_unread(self) -> None:
        """As `cut_off`, and counted: the browser does not read."""
        if self._transport is not None:
            self._transport.cut_off_unread()

    # --- for the server --------------------------------------------------------------------------

    def end(self, left: bool, at_once: bool = False) -> None:
        """Calls `Handler.gone`, once: at a later turn of the loop by default, since the handler may
        be in the middle of something that led here."""
        if self.closed:
            return
        self.closed = True
        self.outbox = NOWHERE
        self._transport = (
            None  # it knows this socket as well: a cycle would be work for the garbage collector
        )
        if at_once:
            self._handler.gone(self, left)
        else:
            asyncio.get_running_loop().call_soon(self._handler.gone, self, left)

    @property
    def may_ask(self) -> bool:
        return not self._holds and self.in_flight < self.most_in_flight

    def request(self, event: str, args: list[Any], ack: str) -> None:
        """Hands a request to the handler. `ack`: the digits of its ack id; empty if it has none."""
        self.in_flight += 1
        self._handler.requested(self, event, args, _Reply(self, ack))

    def refuse(self, ack: str, answer: dict[str, Any]) -> None:
        """Answers a request that is not handed to the handler."""
        self.in_flight += 1
        self.answer(ack, answer)

    def answer(self, ack: str, answer: dict[str, Any] | None) -> None:
        self.in_flight -= 1
        if answer is not None and not self.closed:
            if ack:
                self.send(Frame.ack(ack, answer))
            elif not answer.get("ok"):
                self.send(Frame.event("refused", answer.get("error")))
        self._resume()

    def _resume(self) -> None:
        if self._transport is not None:
            self._transport.resume()


class _Reply:
    """A Reply. A second call does nothing."""

    __slots__ = ("_ack", "_socket")

    def __init__(self, socket: Socket, ack: str) -> None:
        self._socket: Socket | None = socket
        self._ack = ack

    def __call__(self, answer: dict[str, Any] | None) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.answer(self._ack, answer)


NOWHERE = Outbox(0)
"""The outbox of closed sockets. It has no stream, so a fan-out skips them."""
