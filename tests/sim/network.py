"""The network between gateways and the broker: commands in order, broadcasts as they come."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

from msgspec import Struct

from broker.effects import Publish
from common.messages import AnyAnswer, AnyBroadcast
from tests.sim.virtual import Time


class Caller(Protocol):
    """A gateway's link, as the network sees it."""

    def answered(self, line: "Line", answer: AnyAnswer) -> None: ...
    def heard(self, line: "Line", topic: str, message: AnyBroadcast) -> None: ...
    def broke(self, line: "Line") -> None: ...


class Callee(Protocol):
    """The broker, as the network sees it."""

    @property
    def up(self) -> bool: ...
    def receive(self, peer: bytes, frame: bytes) -> None: ...


class Weather(Struct):
    """How likely a broadcast is lost, repeated or late, and how long a message usually takes."""

    drop: float = 0.0
    repeat: float = 0.0
    late: float = 0.0
    slow_s: float = 0.004


FAIR = Weather()


class Line:
    """The two connections of one link, which the broker knows by the routing id `peer`."""

    def __init__(self, peer: bytes, caller: Caller) -> None:
        self.peer = peer
        self.caller = caller
        self.open = True
        self.linked = False
        self.topics: set[str] = set()
        self.waiting: list[bytes] = []
        self.under_way: list[bytes] = []
        self.forth_at = self.back_at = self.news_at = self.wants_at = 0.0


class Network:
    def __init__(self, time: Time, random: Random) -> None:
        self.time = time
        self.weather = FAIR
        self.broker: Callee
        self.dropped = 0
        self._random = random
        self._lines: dict[bytes, Line] = {}
        self._number = 0

    # --- for links -------------------------------------------------------------------------------

    def line(self, caller: Caller) -> Line:
        """A new line, which connects as soon as there is a broker."""
        self._number += 1
        line = Line(b"p%d" % self._number, caller)
        self._lines[line.peer] = line
        self.time.after(self._delay(), lambda: self._connect(line))
        return line

    def send(self, line: Line, frame: bytes) -> None:
        if not line.open:
            return
        if not line.linked:
            line.waiting.append(frame)
            return
        line.forth_at = max(line.forth_at, self.time.now + self._delay())
        line.under_way.append(frame)
        self.time.at(line.forth_at, lambda: self._arrive(line))

    def want(self, line: Line, topics: Sequence[str], wanted: bool = True) -> None:
        """Subscribes or unsubscribes topics, after the time that a message takes."""
        line.wants_at = max(line.wants_at, self.time.now + self._delay())
        change = line.topics.update if wanted else line.topics.difference_update
        self.time.at(line.wants_at, lambda: change(topics))

    def close(self, line: Line) -> None:
        """The gateway's end is closed. What was under way may still arrive."""
        if not line.open:
            return
        line.open = False
        del self._lines[line.peer]
        last = self._random.randrange(len(line.under_way) + 1)
        late, line.under_way = line.under_way[:last], []
        for frame in late:
            line.forth_at = max(line.forth_at, self.time.now + self._delay())
            self.time.at(line.forth_at, self._late(line.peer, frame))

    # --- for the broker --------------------------------------------------------------------------

    def answer(self, peer: bytes, answer: AnyAnswer) -> None:
        line = self._lines.get(peer)
        if line is None:
            return
        line.back_at = max(line.back_at, self.time.now + self._delay())

        def arrive() -> None:
            if line.open:
                line.caller.answered(line, answer)

        self.time.at(line.back_at, arrive)

    def publish(self, publish: Publish) -> None:
        weather, random = self.weather, self._random
        for line in self._lines.values():
            if publish.topic not in line.topics:
                continue
            if random.random() < weather.drop:
                self.dropped += 1
                continue
            line.news_at = max(line.news_at, self.time.now + self._delay())
            when = line.news_at
            if random.random() < weather.late:
                when += random.uniform(0.0, 2.0)
            self.time.at(when, self._tell(line, publish))
            if random.random() < weather.repeat:
                self.time.at(when + random.uniform(0.0, 2.0), self._tell(line, publish))

    # --- faults ----------------------------------------------------------------------------------

    def cut(self, line: Line, told: bool) -> None:
        """The connections break. The gateway is told so at once, or notices the silence."""
        self.close(line)
        if told:
            self.time.after(self._delay(), lambda: line.caller.broke(line))

    def cut_all(self) -> None:
        """The broker died."""
        for line in list(self._lines.values()):
            if line.linked:
                self.cut(line, told=True)

    # ---------------------------------------------------------------------------------------------

    def _delay(self) -> float:
        slow_s = self.weather.slow_s
        return self._random.random() * (slow_s if self._random.random() < 0.95 else slow_s * 20)

    def _connect(self, line: Line) -> None:
        if not line.open:
            return
        if not self.broker.up:
            self.time.after(self._random.uniform(0.05, 0.6), lambda: self._connect(line))
            return
        line.linked = True
        waiting, line.waiting = line.waiting, []
        for frame in waiting:
            self.send(line, frame)

    def _arrive(self, line: Line) -> None:
        if line.open and line.under_way:
            self.broker.receive(line.peer, line.under_way.pop(0))

    def _late(self, peer: bytes, frame: bytes) -> Callable[[], None]:
        return lambda: self.broker.receive(peer, frame)

    def _tell(self, line: Line, publish: Publish) -> Callable[[], None]:
        def tell() -> None:
            if line.open:
                line.caller.heard(line, publish.topic, publish.message)

        return tell
