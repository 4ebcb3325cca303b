"""The link of a run: what gateway.link.link and gateway.link.incarnation promise, without
ZeroMQ."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Protocol

from common import messages as m
from common.clock import ListeningClock
from common.codec import encode
from common.settings import Settings
from gateway.link.incarnation import Make
from gateway.link.link import FIRST_REST_S, HOLD_S, LONGEST_REST_S, Listener
from gateway.link.pending import OnAnswer, Pending
from gateway.link.registration import batches
from tests.sim.network import Caller, Line, Network
from tests.sim.virtual import Time


class Process(Caller, Protocol):
    """The gateway process, which the network calls and which hands it on here while it runs."""

    def do(self, call: Callable[[], None]) -> None: ...


class Link:
    """A `gateway.runtime.ports.Broker`. `tick` it four times a second."""

    def __init__(
        self,
        settings: Settings,
        gateway: str,
        process: Process,
        network: Network,
        time: Time,
        random: Random,
    ) -> None:
        self.up = False
        self.relinks = 0
        self.pending = Pending()
        self.line: Line | None = None
        self._epoch = ""
        self._term = 0
        self._settings = settings
        self._gateway = gateway
        self._listener: Listener
        self._process = process
        self._network = network
        self._time = time
        self._random = random
        self._clock = ListeningClock(time.now)
        self._topics: dict[str, None] = {m.gateway_topic(gateway): None}
        self._no = 0
        self._rests = 0
        self._own: set[int] = set()
        self._batches: list[tuple[list[m.SessionInfo], bool]] = []
        self._unheard: list[tuple[str, m.AnyBroadcast]] = []
        self._registered = False
        self._answered_at = self._sent_at = 0.0

    # --- for the chat ----------------------------------------------------------------------------

    def ask(self, make: Make, on_answer: OnAnswer, *, hold: bool = False) -> None:
        no = self._number()
        frame = encode(make(no))
        keep_s = HOLD_S if hold else self._settings.request_timeout
        assert self.pending.add(no, frame, on_answer, self._clock.now, keep_s)
        if self.up:
            self._send(frame)

    def subscribe(self, topics: Iterable[str]) -> None:
        new = [topic for topic in topics if topic not in self._topics]
        self._topics.update(dict.fromkeys(new))
        if self.line is not None:
            self._network.want(self.line, new)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        old = [topic for topic in topics if self._topics.pop(topic, 0) is None]
        if self.line is not None:
            self._network.want(self.line, old, wanted=False)

    # --- one incarnation after the other ---------------------------------------------------------

    def run(self, listener: Listener) -> None:
        """Begins with the first link."""
        self._listener = listener
        self.connect()

    def connect(self) -> None:
        self._registered = False
        self._own.clear()
        self._unheard.clear()
        self._answered_at = self._sent_at = self._clock.now
        self.line = self._network.line(self._process)
        self._command(lambda no: m.Hello(no=no, wire=m.WIRE, gateway=self._gateway, proof="p"))

    def close(self) -> None:
        """The process died."""
        if self.line is not None:
            self._network.close(self.line)
            self.line = None

    def bye(self) -> None:
        if self.up:
            self._command(lambda no: m.Bye(no=no))

    def tick(self) -> None:
        self._clock.advance(self._time.now)
        for on_answer in self.pending.overdue(self._clock.now):
            on_answer(None)
        if self.line is None:
            return
        lease_s = self._settings.lease
        if self._clock.now - self._answered_at > lease_s * 2 / 3 + 1:
            self._lose()
        elif self._registered and self._clock.now - self._sent_at >= lease_s / 3:
            self._command(lambda no: m.Beat(no=no))

    def _lose(self) -> None:
        assert self.line is not None
        self._network.close(self.line)
        self.line = None
        if self.up:
            self.up = False
            self._listener.unlinked()
        longest_s = min(LONGEST_REST_S, FIRST_REST_S * 2**self._rests)
        self._rests = min(self._rests + 1, 10)
        rest_s = self._random.uniform(longest_s / 2, longest_s)
        self._time.after(rest_s, lambda: self._process.do(self._come_back))

    def _come_back(self) -> None:
        if self.line is None:
            self.connect()

    def _register(self) -> None:
        batch, last = self._batches.pop(0)
        self._command(lambda no: m.Register(no=no, sittings=batch, last=last))

    def _went_up(self) -> None:
        self.up = self._registered = True
        self.relinks += 1
        self._rests = 0
        for frame in self.pending.frames():
            self._send(frame)
        self._listener.linked(self._epoch, self._term)
        for topic, message in self._unheard:
            self._listener.heard(topic, message)
        self._unheard.clear()

    # --- what the network tells ------------------------------------------------------------------

    def broke(self, line: Line) -> None:
        if line is self.line:
            self._lose()

    def answered(self, line: Line, answer: m.AnyAnswer) -> None:
        if line is not self.line:
            return
        self._answered_at = self._clock.now
        own = answer.no in self._own
        self._own.discard(answer.no)
        if isinstance(answer, m.Failed) and answer.code == "hello":
            self._lose()
        elif not own:
            self._take(answer)
        elif isinstance(answer, m.Welcome):
            self._welcomed(line, answer)
        elif self._registered:
            pass  # a beat's
        elif not isinstance(answer, m.Done):
            self._lose()
        elif self._batches:
            self._register()
        else:
            self._went_up()

    def heard(self, line: Line, topic: str, message: m.AnyBroadcast) -> None:
        if line is not self.line:
            return
        if not self._registered:
            self._unheard.append((topic, message))
        elif message.term >= self._term:
            self._listener.heard(topic, message)

    def _welcomed(self, line: Line, welcome: m.Welcome) -> None:
        if welcome.epoch == self._epoch and welcome.term < self._term:
            return self._lose()
        self._epoch, self._term = welcome.epoch, welcome.term
        self._network.want(line, list(self._topics))
        self._batches = list(batches(self._listener.sittings()))
        self._register()

    def _take(self, answer: m.AnyAnswer) -> None:
        on_answer = self.pending.answered(answer.no) if answer.term >= self._term else None
        if on_answer is not None:
            on_answer(answer)

    def _number(self) -> int:
        self._no += 1
        return self._no

    def _command(self, make: Make) -> None:
        no = self._number()
        self._own.add(no)
        self._send(encode(make(no)))

    def _send(self, frame: bytes) -> None:
        assert self.line is not None
        self._network.send(self.line, frame)
        self._sent_at = self._clock.now
