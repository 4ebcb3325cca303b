"""The connector of a run: drives the real link with a simulated network and virtual time."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Protocol

from common import messages as m
from common.settings import Settings
from gateway.link.link import Link
from gateway.link.ports import LinkListener
from gateway.link.states import LinkLost, LinkState
from tests.sim.network import Caller, Line, Network
from tests.sim.virtual import Time


class Process(Caller, Protocol):
    """The gateway process, which the network calls and which hands it on here while it runs."""

    def do(self, call: Callable[[], None]) -> None: ...


class _Connection:
    """A gateway.link.ports.LinkConnection over a line of the network."""

    def __init__(self, network: Network, line: Line) -> None:
        self.line = line
        self._network = network

    @property
    def subscribed(self) -> bool:
        return self.line.linked

    def send(self, frame: bytes) -> None:
        self._network.send(self.line, frame)

    def subscribe(self, topics: Iterable[str]) -> None:
        self._network.want(self.line, list(topics))

    def unsubscribe(self, topic: str) -> None:
        self._network.want(self.line, [topic], wanted=False)


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
        self.line: Line | None = None
        self.link = Link(settings, gateway, "p", time.now, _Faults())
        self._listener: LinkListener
        self._process = process
        self._network = network
        self._time = time
        self._random = random
        self._unread: list[tuple[str, m.AnyBroadcast]] = []
        """Broadcasts that came before the link was up."""

    def run(self, listener: LinkListener) -> None:
        """Begins with the first connection."""
        self._listener = listener
        self._connect()

    def tick(self) -> None:
        self._turn(lambda: None)

    def bye(self) -> None:
        if self.link.up:
            self.link.leave()

    def close(self) -> None:
        """The process died."""
        if self.line is not None:
            self._network.close(self.line)
            self.line = None

    # --- what the network tells ------------------------------------------------------------------

    def answered(self, line: Line, answer: m.AnyAnswer) -> None:
        if line is self.line:
            self._turn(lambda: self.link.on_answer(answer))

    def heard(self, line: Line, topic: str, message: m.AnyBroadcast) -> None:
        if line is self.line:
            self._unread.append((topic, message))
            self._turn(lambda: None)

    def broke(self, line: Line) -> None:
        if line is self.line:
            self._lose()

    # --- one connection after the other ----------------------------------------------------------

    def _connect(self) -> None:
        self._unread.clear()
        self.line = self._network.line(self._process)
        self.link.connect(_Connection(self._network, self.line), self._listener)

    def _turn(self, read: Callable[[], None]) -> None:
        """As gateway.link.connector takes them: reads, and does what is due."""
        try:
            read()
            if self.link.state is LinkState.WELCOMED:
                self.link.listen()
            while self.link.step(self._time.now):
                pass
        except LinkLost:
            return self._lose()
        while self.link.up and self._unread:
            self.link.on_broadcast(*self._unread.pop(0))

    def _lose(self) -> None:
        assert self.line is not None
        self._network.close(self.line)
        self.line = None
        self.link.lose()
        rest_s = self.link.rest_s(self._random.random())
        self._time.after(rest_s, lambda: self._process.do(self._come_back))

    def _come_back(self) -> None:
        if self.line is None:
            self._connect()
