"""A browser of a run: its connection to some gateway, which breaks and comes back."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

import msgspec

from tests.sim.gateway import Gateway, SimSocket, says_goodbye
from tests.sim.history import Acked, View
from tests.sim.virtual import Time

CONNECT_S = 2.0
GIVE_UP_S = 4.0
"""A browser that gets no ping for this long takes its connection for dead."""
_decode = msgspec.json.decode


class Town(Protocol):
    """The town of a run, as a page sees it."""

    time: Time
    random: Random
    views: list[View]
    acks: list[Acked]
    recoveries: int

    def door(self) -> Gateway:
        """A gateway to connect to, chosen at random."""

    def complain(self, problem: str) -> None: ...
    def forgiven(self, uid: str) -> bool:
        """Whether this person may be refused where others may not: the store was replaced by a
        backup, or the person was banned."""

    def stored(self, room: str, uid: str, id: str) -> bool:
        """Whether the message is on disk."""


class Browser:
    """The connection alone. A subclass is the page: it has `auth`, `begin`, `told` and `ended`."""

    def __init__(self, town: Town, name: str) -> None:
        self.town = town
        self.name = name
        self.gone = False
        """Whether the browser is closed, for good or for a while."""
        self.reads_within_s = 0.06
        self.view: View | None = None
        self.socket: SimSocket | None = None
        self.connection = 0
        self._gateway: Gateway | None = None
        self._acks: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._ack = 0
        self._reading = False
        self._arrive_at = 0.0
        self._heard_at = 0.0

    # --- the page --------------------------------------------------------------------------------

    def auth(self) -> dict[str, Any] | None:
        """The `auth` of the handshake."""
        raise NotImplementedError

    def begin(self) -> None:
        """A connection was made."""
        raise NotImplementedError

    def told(self, event: str, payload: Any) -> None:
        """An event came from the gateway."""
        raise NotImplementedError

    def ended(self) -> None:
        """The connection is over."""
        raise NotImplementedError

    # --- the connection --------------------------------------------------------------------------

    def connect(self) -> None:
        """Connects to any gateway, and tries again until one accepts it."""
        if self.gone or self.socket is not None:
            return
        self.connection += 1
        number, town, gateway = self.connection, self.town, self.town.door()
        view = View(f"{self.name}#{number}")
        self._acks.clear()

        def accept() -> None:
            if self.connection == number and not self.gone:
                self.view = view
                town.views.append(view)
                self._gateway = gateway
                self._heard_at = town.time.now
                socket = gateway.accept(self, self.auth())
                if self.connection == number:
                    self.socket = socket
                    self.begin()

        def look() -> None:
            if self.connection == number and self.socket is None:
                self.connect()

        town.time.after(town.random.uniform(0.001, 0.05), lambda: gateway.do(accept))
        town.time.after(CONNECT_S if gateway.alive else 0.3, look)

    def cut(self) -> None:
        """The connection breaks."""
        self._end(left=False)
        self._come_back()

    def say_goodbye(self) -> None:
        """The browser sends DISCONNECT, and stays away until the person opens it again."""
        self.gone = True
        self._end(left=True)

    def closed_by_gateway(self, socket: SimSocket) -> None:
        if socket is self.socket:
            self._end(left=None)
            self._come_back()

    def ping(self) -> None:
        """Call it now and then: it notices a gateway that stands still."""
        if self.socket is None or self._gateway is None:
            return
        if not self._gateway.paused:
            self._heard_at = self.town.time.now
        elif self.town.time.now - self._heard_at > GIVE_UP_S:
            self.cut()

    def sent_away(self) -> None:
        """The gateway has sent DISCONNECT, after which a stock client does not connect again."""
        self.gone = True
        self._end(left=None)

    def _end(self, left: bool | None) -> None:
        socket, gateway = self.socket, self._gateway
        self.socket = self.view = self._gateway = None
        self.connection += 1
        self.ended()
        if left is not None and socket is not None and gateway is not None:
            gateway.do(lambda: gateway.hang_up(socket, left))

    def _come_back(self) -> None:
        delay_s = self.town.random.choice((0.05, 0.3, 0.5, 1.0, 2.2))
        self.town.time.after(delay_s, self.connect)

    # --- frames ----------------------------------------------------------------------------------

    def readable(self) -> None:
        if not self._reading:
            self._reading = True
            self.town.time.after(self.town.random.uniform(0.0, self.reads_within_s), self._read)

    def _read(self) -> None:
        self._reading = False
        if self.socket is None:
            return
        for frame in self.socket.unread.take():
            if says_goodbye(frame):
                return self.sent_away()
            packet = frame.packet
            assert isinstance(packet, str)
            if packet[1] == "2":
                event, payload = _decode(packet[2:])
                self.told(event, payload)
            elif packet[1] == "3":
                digits, _, payload = packet[2:].partition("[")
                answered = self._acks.pop(digits, None)
                if answered is not None:
                    answered(_decode("[" + payload)[0])
            if self.socket is None:
                return

    def ask(
        self, event: str, payload: dict[str, Any] | str, on_ack: Callable[[dict[str, Any]], None]
    ) -> None:
        socket, gateway = self.socket, self._gateway
        if socket is None or gateway is None:
            return
        self._ack += 1
        ack = str(self._ack)
        self._acks[ack] = on_ack
        time = self.town.time
        self._arrive_at = max(self._arrive_at, time.now + self.town.random.uniform(0, 0.02))
        time.at(
            self._arrive_at,
            lambda: gateway.do(lambda: gateway.request(socket, event, [payload], ack)),
        )
