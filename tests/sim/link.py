"""The connector of a run: drives the real link with a simulated network and virtual time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Protocol, TypeVar

from common import messages as m
from common.settings import Settings
from gateway.link.link import Link
from gateway.link.ports import LinkListener
from gateway.link.states import LinkLost, LinkState
from tests.sim.network import Caller, Line, Network
from tests.sim.virtual import Time

Message = TypeVar("Message")


class Process(Caller, Protocol):
    """The gateway process, which the network calls and which hands it on here while it runs."""

    def do(self, call: Callable[[], None]) -> None: ...


class _Connection:
    """A gateway.link.ports.LinkConnection over a line of the network."""

    def __init__(self, network: Network, line: Line) -> None:
        self.line = line
        self.unread_answers: deque[m.AnyAnswer] = deque()
        self.unread_broadcasts: deque[tuple[str, m.AnyBroadcast]] = deque()
        self._network = network

    @property
    def subscribed(self) -> bool:
        return self.line.linked

    def answers(self, limit: int) -> Iterator[m.AnyAnswer]:
        yield from _taken(self.unread_answers, limit)

    def broadcasts(self, limit: int) -> Iterator[tuple[str, m.AnyBroadcast]]:
        yield from _taken(self.unread_broadcasts, limit)

    def send(self, frame: bytes) -> None:
        self._network.send(self.line, frame)

    def subscribe(self, topics: Iterable[str]) -> None:
        self._network.want(self.line, list(topics))

    def unsubscribe(self, topic: str) -> None:
        self._network.want(self.line, [topic], wanted=False)


def _taken(messages: deque[Message], limit: int) -> Iterator[Message]:
    while limit and messages:
        limit -= 1
        yield messages.popleft()


class _Faults:
    """A gateway.link.ports.Reporter: a fault of ours ends the run."""

    def on_fault(self, error: Exception) -> None:
        raise error

    def on_turned_away(self, waiting: int) -> None:
        raise AssertionError(f"{waiting} commands wait, and there is no room for another one")


class Connector:
    """`tick` it four times a second."""

    def __init__(
        self,
        settings: Settings,
        gateway: str,
        process: Process,
        network: Network,
        time: Time,
        random: Random,
    ) -> None:
        self.link = Link(settings, gateway, "p", time.now, _Faults())
        self._connection: _Connection | None = None
        self._listener: LinkListener
        self._process = process
        self._network = network
        self._time = time
        self._random = random

    @property
    def line(self) -> Line | None:
        """The line of the present link, if there is one."""
        return None if self._connection is None else self._connection.line

    def run(self, listener: LinkListener) -> None:
        """Begins with the first connection."""
        self._listener = listener
        self._connect()

    def tick(self) -> None:
        if self._connection is None:
            self.link.step(self._time.now)
        else:
            self._turn()

    def bye(self) -> None:
        if self.link.state is LinkState.UP:  # it may be leaving already
            self.link.leave()

    def close(self) -> None:
        """Closes this end of the connection, if there is one."""
        if self._connection is not None:
            self._network.close(self._connection.line)
            self._connection = None

    # --- what the network tells ------------------------------------------------------------------

    def answered(self, line: Line, answer: m.AnyAnswer) -> None:
        if self._connection is not None and line is self._connection.line:
            self._connection.unread_answers.append(answer)
            self._turn()

    def heard(self, line: Line, topic: str, message: m.AnyBroadcast) -> None:
        if self._connection is not None and line is self._connection.line:
            self._connection.unread_broadcasts.append((topic, message))
            self._turn()

    def broke(self, line: Line) -> None:
        if line is self.line:
            self._lose()

    # --- one connection after the other ----------------------------------------------------------

    def _connect(self) -> None:
        self._connection = _Connection(self._network, self._network.line(self._process))
        self.link.connect(self._connection, self._listener)

    def _turn(self) -> None:
        """Takes turns as gateway.link.connector does, until nothing is left to read or to do."""
        more = True
        try:
            while more:
                self.link.read()
                if self.link.state is LinkState.WELCOMED:
                    self.link.listen()
                more = False
                while self.link.step(self._time.now):
                    more = True
        except LinkLost:
            self._lose()

    def _lose(self) -> None:
        self.close()
        self.link.lose()
        rest_s = self.link.rest_s(self._random.random())
        self._time.after(rest_s, lambda: self._process.do(self._come_back))

    def _come_back(self) -> None:
        if self._connection is None:
            self._connect()
