"""The sockets: browsers that are connected, as the chat sees them."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from gateway.protocol.frames import DISCONNECT, Frame
from gateway.transport.outbox import Outbox, Sendable

Reply = Callable[[dict[str, Any] | None], None]
"""Called exactly once: the ack's payload; None leaves the request unanswered. Without an ack id an
error is sent as a `refused` event and the rest is dropped."""


class Transport(Protocol):
    """The connection under a socket."""

    outbox: Outbox

    def go_on(self) -> None:
        """The next request may be handled, if one waits."""

    def cut_off(self) -> None: ...
    def cut_off_unread(self) -> None: ...
    def finish(self, last: list[Frame]) -> None: ...


class Handler(Protocol):
    """The chat. Nothing here may wait or raise."""

    def connected(self, socket: "Socket", auth: object) -> None:
        """Its CONNECT was answered. Must lead to `socket.set_ready()`."""

    def requested(self, socket: "Socket", event: str, args: list[Any], reply: Reply) -> None:
        """It asks for something."""

    def gone(self, socket: "Socket", left: bool) -> None:
        """Once for each connected one. `left`: for good, by its DISCONNECT or our `close`; else the
        connection was lost or cut off. After `close` and `cut_off` this comes at a later turn of
        the loop."""


class Socket:
    """One browser after its CONNECT. Unless `closed`, what is sent arrives in order, or the browser
    is cut off."""

    __slots__ = (
        "_carrier", "_handler", "closed", "in_flight", "most_in_flight", "outbox", "ready",
        "remote", "sid",
    )  # fmt: skip

    def __init__(
        self, sid: str, remote: str, carrier: Transport, handler: Handler, most_in_flight: int
    ) -> None:
        self.sid = sid
        self.remote = remote
        self.ready = False
        self.closed = False
        self.in_flight = 0
        self.most_in_flight = most_in_flight
        self.outbox = carrier.outbox
        self._carrier: Transport | None = carrier
        self._handler = handler

    def set_ready(self) -> None:
        """Its requests may come: until now they are held, and the socket is read no further."""
        self.ready = True
        self._go_on()

    def send(self, sendable: Sendable) -> None:
        """A Frame or a Batch, after everything sent before. Who owes too much is cut off."""
        if not self.closed and not self.outbox.put(sendable):
            self.cut_off_unread()

    @property
    def owed_bytes(self) -> int:
        """What was sent and is not with the kernel yet."""
        return self.outbox.owed_bytes

    def close(self, reason_frame: Frame | None = None) -> None:
        """For good: a stock client stays away. The reason goes before the DISCONNECT."""
        if self.closed or self._carrier is None:
            return
        last = [DISCONNECT] if reason_frame is None else [reason_frame, DISCONNECT]
        self._carrier.finish(last)
        self.end(left=True)

    def cut_off(self) -> None:
        """At once, dropping what was not sent yet: a stock client comes back and recovers."""
        if self._carrier is not None:
            self._carrier.cut_off()

    def cut_off_unread(self) -> None:
        """`cut_off`, counted: the browser does not read."""
        if self._carrier is not None:
            self._carrier.cut_off_unread()

    # --- for the server --------------------------------------------------------------------------

    def end(self, left: bool, at_once: bool = False) -> None:
        """The handler is told, once; later by default, since it may be in the middle of something
        that led here."""
        if self.closed:
            return
        self.closed = True
        self.outbox = NOWHERE
        self._carrier = None  # which knows us as well: no work for the garbage collector
        if at_once:
            self._handler.gone(self, left)
        else:
            asyncio.get_running_loop().call_soon(self._handler.gone, self, left)

    @property
    def may_ask(self) -> bool:
        return self.ready and self.in_flight < self.most_in_flight

    def request(self, event: str, args: list[Any], ack: str) -> None:
        """Hands a request to the handler. `ack` are the digits of its id, empty for none."""
        self.in_flight += 1
        self._handler.requested(self, event, args, _Reply(self, ack))

    def refuse(self, ack: str, answer: dict[str, Any]) -> None:
        """A request that was not read."""
        self.in_flight += 1
        self.answer(ack, answer)

    def answer(self, ack: str, answer: dict[str, Any] | None) -> None:
        self.in_flight -= 1
        if answer is not None and not self.closed:
            if ack:
                self.send(Frame.ack(ack, answer))
            elif not answer.get("ok"):
                self.send(Frame.event("refused", answer.get("error")))
        self._go_on()

    def _go_on(self) -> None:
        if self._carrier is not None:
            self._carrier.go_on()


class _Reply:
    """A Reply; a second call does nothing."""

    __slots__ = ("_ack", "_socket")

    def __init__(self, socket: Socket, ack: str) -> None:
        self._socket: Socket | None = socket
        self._ack = ack

    def __call__(self, answer: dict[str, Any] | None) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.answer(self._ack, answer)


NOWHERE = Outbox(0)
"""The outbox of closed sockets: without a transport, so that a fan-out passes them by."""
