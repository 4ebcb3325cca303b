"""A gateway of a run: the real chat, on a link and sockets that live in virtual time."""

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from common.messages import AnyAnswer, AnyBroadcast
from common.settings import Settings
from gateway.chat.chat import Chat
from gateway.chat.limits import ChatLimits
from gateway.protocol.frames import DISCONNECT, Frame
from gateway.runtime.metrics import Metrics
from gateway.runtime.work_queue import SLICE_S
from gateway.transport.outbox import Outbox, Sendable
from gateway.transport.sockets import NOWHERE, Socket
from tests.sim.link import Connector
from tests.sim.network import Line, Network
from tests.sim.virtual import Time

TURN_S = 0.1
IN_FLIGHT = 32


class Browser(Protocol):
    """The other end of a socket."""

    def readable(self) -> None:
        """Something was put into the outbox."""

    def closed_by_gateway(self, socket: "SimSocket") -> None: ...


class _Outbox(Outbox):
    """An outbox as of a polling browser: frames wait until the browser reads them."""

    __slots__ = ("_browser",)

    def __init__(self, limit_bytes: int, browser: Browser) -> None:
        super().__init__(limit_bytes)
        self._browser = browser

    def put(self, sendable: Sendable) -> bool:
        taken = super().put(sendable)
        self._browser.readable()
        return taken


class _Transport:
    """A gateway.transport.sockets.Transport over nothing."""

    def __init__(self, outbox: Outbox, browser: Browser, gateway: "Gateway") -> None:
        self.outbox = outbox
        self.socket: SimSocket
        self._browser = browser
        self._gateway = gateway

    def resume(self) -> None:
        """Does nothing: a SimSocket takes its requests from its own queue."""

    def cut_off(self) -> None:
        self.socket.end(left=False)
        self._browser.closed_by_gateway(self.socket)

    def cut_off_unread(self) -> None:
        self._gateway.cut_off += 1
        self.cut_off()

    def finish(self, last: list[Frame]) -> None:
        for frame in last:
            self.outbox.put(frame)


class SimSocket(Socket):
    """The real socket; requests that it does not take yet wait in `queue`."""

    __slots__ = ("_gateway", "queue", "unread")

    def __init__(self, sid: str, transport: _Transport, gateway: "Gateway") -> None:
        super().__init__(sid, transport, gateway.chat, IN_FLIGHT)
        transport.socket = self
        self.unread = transport.outbox
        """The outbox, kept after the socket was closed: it has the last frames."""
        self._gateway = gateway
        self.queue: deque[tuple[str, list[Any], str]] = deque()

    def end(self, left: bool, at_once: bool = False) -> None:
        if not self.closed:
            self.closed = True
            self.outbox = NOWHERE
            self._gateway.later(lambda: self._gateway.chat.gone(self, left))

    def _resume(self) -> None:
        if self.queue:
            self._gateway.later(self.pump)

    def pump(self) -> None:
        while self.queue and self.may_ask and not self.closed:
            self.request(*self.queue.popleft())


class _Loop:
    """A gateway.runtime.ports.Loop of one process. Its clock and its callbacks are late at random,
    so that a slice of work may end after any step, and anything may happen between two slices."""

    def __init__(self, gateway: "Gateway", time: Time, random: Random) -> None:
        self._gateway = gateway
        self._time = time
        self._random = random

    def time(self) -> float:
        return self._time.now + self._random.choice((0.0, 0.0, 0.0, SLICE_S))

    def call_soon(self, call: Callable[[], None], /) -> None:
        takes_s = self._random.choice((0.0, 0.0, 0.001, 0.02))
        self._time.after(takes_s, lambda: self._gateway.do(call))

    def call_later(self, delay_s: float, call: Callable[[], None], /) -> None:
        self._time.after(delay_s, lambda: self._gateway.do(call))

    def call_exception_handler(self, context: dict[str, Any], /) -> None:
        """A fault of ours ends the run."""
        raise context["exception"]


class Gateway:
    """One gateway process, which a fault can `kill`, `stop`, `pause` and `resume`. It is a
    link.Process."""

    def __init__(
        self, id: str, settings: Settings, network: Network, time: Time, random: Random
    ) -> None:
        self.id = id
        self.alive = True
        self.paused = False
        self.cut_off = 0
        self.metrics = Metrics()
        self._settings = settings
        self._time = time
        self._backlog: list[Callable[[], None]] = []
        self._sockets: dict[str, tuple[SimSocket, Browser]] = {}
        self._number = 0
        self._turns = 0
        self.connector = Connector(settings, id, self, network, time, random)
        self.link = self.connector.link
        loop = _Loop(self, time, random)
        limits = ChatLimits(random.choice((1, 2, 64)), random.choice((1, 2, 256)))
        self.chat = Chat(settings, id, self.metrics, self.link, loop, limits)
        self.connector.run(self.chat)
        time.after(TURN_S * random.random(), self._turn)

    def do(self, call: Callable[[], None]) -> None:
        """Makes the call now if the process runs, or when it is resumed."""
        if self.paused:
            self._backlog.append(call)
        elif self.alive:
            call()

    def later(self, call: Callable[[], None]) -> None:
        self._time.call_soon(lambda: self.do(call))

    def _turn(self) -> None:
        if not self.alive:
            return
        self._time.after(TURN_S, self._turn)
        if not self.paused:
            self._turns += 1
            self.chat.maintenance.step(self._time.now)
            if self._turns % 3 == 0:
                self.connector.tick()

    # --- faults ----------------------------------------------------------------------------------

    def resume(self) -> None:
        self.paused = False
        backlog, self._backlog = self._backlog, []
        for call in backlog:
            self.do(call)

    def kill(self) -> None:
        self.alive = self.paused = False
        self._backlog.clear()
        self.connector.close()
        for socket, browser in self._sockets.values():
            browser.closed_by_gateway(socket)

    def stop(self) -> None:
        """SIGTERM."""
        self.connector.bye()
        self._time.after(0.05, self.kill)

    # --- for the network (link.Process) -----------------------------------------------------------

    def broke(self, line: Line) -> None:
        self.do(lambda: self.connector.broke(line))

    def answered(self, line: Line, answer: AnyAnswer) -> None:
        self.do(lambda: self.connector.answered(line, answer))

    def heard(self, line: Line, topic: str, message: AnyBroadcast) -> None:
        self.do(lambda: self.connector.heard(line, topic, message))

    # --- browsers --------------------------------------------------------------------------------

    def accept(self, browser: Browser, auth: object) -> SimSocket:
        self._number += 1
        sid = f"{self.id}-{self._number}"
        outbox = _Outbox(self._settings.outbox_bytes, browser)
        socket = SimSocket(sid, _Transport(outbox, browser, self), self)
        self._sockets[sid] = (socket, browser)
        self.chat.connected(socket, auth)
        return socket

    def request(self, socket: SimSocket, event: str, args: list[Any], ack: str) -> None:
        if not socket.closed:
            socket.queue.append((event, args, ack))
            socket.pump()

    def hang_up(self, socket: SimSocket, left: bool) -> None:
        """The browser closed the connection, or said DISCONNECT first."""
        self._sockets.pop(socket.sid, None)
        socket.end(left)


def says_goodbye(frame: Frame) -> bool:
    return frame is DISCONNECT
