"""A request that waits for the broker's answer, which becomes the request's ack."""

from collections.abc import Callable
from typing import Any

from common.messages import AnyAnswer
from gateway.protocol.acks import ack_of
from gateway.rooms.sessions import Session
from gateway.runtime.ports import Loop, report_fault
from gateway.transport.sockets import Reply

Ack = dict[str, Any]


class PendingRequest:
    """One request of a socket; `answer` is the callback of its command. `hold`: the command changes
    something, so if there is no answer nobody knows whether it was done, and there is no ack."""

    __slots__ = ("_hold", "_loop", "_reply", "session")

    def __init__(self, session: Session, reply: Reply, loop: Loop, *, hold: bool) -> None:
        self.session = session
        self._reply = reply
        self._loop = loop
        self._hold = hold

    def answer(self, answer: AnyAnswer | None) -> None:
        """The broker has answered; None: not in time. Never raises: a socket whose answer cannot be
        handled is cut off, since it would wait for its ack for ever."""
        try:
            self._reply(self.ack(answer))
        except Exception as error:
            report_fault(self._loop, "an answer failed", error)
            self.session.socket.cut_off()

    def ack(self, answer: AnyAnswer | None) -> Ack | None:
        """The ack that the answer becomes; None if there is no ack. A request whose answer changes
        something on this gateway overrides this."""
        return ack_of(answer, self._hold)


class PendingChat(PendingRequest):
    """A message. `observe` is called with the seconds until its ack."""

    __slots__ = ("_began", "_observe")

    def __init__(
        self, session: Session, reply: Reply, loop: Loop, observe: Callable[[float], None]
    ) -> None:
        super().__init__(session, reply, loop, hold=True)
        self._observe = observe
        self._began = loop.time()

    def ack(self, answer: AnyAnswer | None) -> Ack | None:
        ack = super().ack(answer)
        if ack is not None:
            self._observe(self._loop.time() - self._began)
        return ack
