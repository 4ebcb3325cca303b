"""The workers: a load spread over processes, told what to do and asked what they counted."""

import secrets
import select
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Self

import msgspec

from scripts.load.crowd import Crowd
from scripts.load.person import Plan
from scripts.load.spawned import LoadError, Spawned
from scripts.load.speaking import Speech
from scripts.load.tally import Tally, merge, missing

LOOK_S = 0.1
QUIET_S = 0.3
"""A crowd that has received nothing for so long is at rest."""
DRAIN_S = 3.0
"""Without a delivery for so long the rest is lost."""
BUSY = 0.85
"""A process of the load that takes more of a core is a bottleneck."""
SPARE = 200
"""Descriptors of a process that are no connections."""

Watch = Callable[[Tally], None]


class Spoken(msgspec.Struct, frozen=True):
    """What came of a speech."""

    tally: Tally
    lost: int
    """Deliveries that did not come."""
    seconds: float
    """Until the last delivery that did."""
    busiest: float
    """Share of a core that the busiest process of the load took while it spoke."""


def plan_name() -> str:
    """Of a load whose people nobody knows yet."""
    return f"load-{secrets.token_hex(4)}"


class Workers:
    """Enter it to start the processes, leave it to end them and all their connections."""

    def __init__(self, plan: Plan, processes: int = 1) -> None:
        self._count = processes
        self._plan = msgspec.structs.replace(plan, per_second=plan.per_second / processes)
        self._processes: list[Spawned] = []
        self.people = 0

    def __enter__(self) -> Self:
        for _ in range(self._count):
            process = Spawned("scripts.load.workers")
            self._processes.append(process)
            process.ask("plan", self._plan)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.end()

    def join(self, people: int, within_s: float, watch: Watch = lambda _: None) -> Tally:
        """So many more people come. Raises LoadError if not all are in in time."""
        first, self.people = self.people, self.people + people
        for number, process in enumerate(self._processes):
            process.ask("add", range(first + number, self.people, self._count))
        return self.wait(lambda tally: tally.joined == self.people, within_s, watch)

    def wait(
        self, true: Callable[[Tally], bool], within_s: float, watch: Watch = lambda _: None
    ) -> Tally:
        """Until it is so. Raises LoadError if that does not come in time."""
        end = time.monotonic() + within_s
        while True:
            tally = self.read_tally()
            watch(tally)
            if true(tally):
                return tally
            if time.monotonic() > end:
                raise LoadError(
                    f"{tally.joined} of {tally.people} people are in after {within_s:g} s; "
                    f"connections that failed: {tally.why or 'none'}"
                )
            time.sleep(LOOK_S)

    def wait_idle(self, within_s: float = 30.0) -> None:
        """Until nothing has come for a moment (replays, counts, lines about others)."""
        end = time.monotonic() + within_s
        last, since = -1, time.monotonic()
        while time.monotonic() < end and time.monotonic() - since < QUIET_S:
            received = self.read_tally().bytes
            if received != last:
                last, since = received, time.monotonic()
            time.sleep(LOOK_S)

    def begin(self, speech: Speech) -> None:
        """Everything is counted anew; the first process speaks."""
        self.clear()
        self._processes[0].ask("say", speech)

    def stop_speaking(self) -> None:
        """What is being said ends."""
        self._processes[0].ask("stop_speaking")

    def speak(
        self,
        speech: Speech,
        watch: Watch = lambda _: None,
        enough: Callable[[Tally], bool] = lambda _: False,
    ) -> Spoken:
        """Says it, or as much as is `enough`, and waits until everybody has heard everything, or
        nothing comes any more."""
        self.begin(speech)
        began = last = time.monotonic()
        deliveries, busiest, speaking = 0, 0.0, True
        while True:
            time.sleep(LOOK_S)
            speaking = speaking and bool(self._processes[0].ask("speaking"))
            tally = self.read_tally()
            watch(tally)
            if tally.deliveries != deliveries:
                deliveries, last = tally.deliveries, time.monotonic()
            if speaking:
                busiest = tally.busiest
                if enough(tally):
                    self.stop_speaking()
                continue
            lost = missing(tally, tally.sent)
            answered = not self._processes[0].ask("unanswered")
            if (not lost and answered) or time.monotonic() > max(last, began) + DRAIN_S:
                return Spoken(tally, lost, last - began, busiest)

    def read_tally(self) -> Tally:
        """What all have counted since they last began anew."""
        for process in self._processes:
            process.send("read_tally")
        return merge([process.answer() for process in self._processes])

    def clear(self) -> None:
        for process in self._processes:
            process.ask("clear")


def run(pipe: Connection) -> None:
    """The life of one process: it ends when nobody holds the other end of the pipe."""
    _, (plan,) = pipe.recv()
    crowd = Crowd(plan)
    pipe.send(None)
    crowd.pool.poll.register(pipe.fileno(), select.EPOLLIN)
    while True:
        if not crowd.step():
            continue
        try:
            what, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_do(crowd, what, *arguments))


def _do(crowd: Crowd, what: str, argument: Any = None) -> Any:
    match what:
        case "add":
            crowd.add(argument)
        case "say":
            crowd.speaker.begin(argument)
        case "stop_speaking":
            crowd.speaker.end()
        case "clear":
            crowd.clear()
        case "read_tally":
            return crowd.read_tally()
        case "speaking":
            return crowd.speaker.speaking
        case "unanswered":
            return crowd.speaker.unanswered
    return None
