"""The workers: the processes of a load. Each runs a crowd, executes commands and reports its
tally."""

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

POLL_S = 0.1
QUIET_S = 0.3
"""A crowd that has received nothing for this long is idle."""
DRAIN_S = 3.0
"""Deliveries that have not arrived after this long without any delivery are lost."""
BUSY = 0.85
"""A process of the load that uses more than this share of a core is a bottleneck."""
SPARE = 200
"""Descriptors of a process that are not for connections."""

Watch = Callable[[Tally], None]


class Spoken(msgspec.Struct, frozen=True):
    """The result of a speech."""

    tally: Tally
    lost: int
    """Deliveries that did not arrive."""
    seconds: float
    """Seconds from the start to the last delivery."""
    busiest: float
    """The share of a core that the busiest process of the load used during the speech."""


def plan_name() -> str:
    """A new name for a plan, so that its people are new to the system."""
    return f"load-{secrets.token_hex(4)}"


class Workers:
    """A context manager: starts the processes, and ends them with all their connections."""

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
        """Adds people and waits until all have joined. Raises LoadError if that takes too long."""
        self.add(people)
        return self.wait(lambda tally: tally.joined == self.people, within_s, watch)

    def add(self, people: int) -> None:
        """Adds people, who then connect."""
        first, self.people = self.people, self.people + people
        for number, process in enumerate(self._processes):
            process.ask("add", range(first + number, self.people, self._count))

    def wait(
        self, true: Callable[[Tally], bool], within_s: float, watch: Watch = lambda _: None
    ) -> Tally:
        """Waits until `true` holds for the tally. Raises LoadError if that takes too long."""
        end = time.monotonic() + within_s
        while True:
            tally = self.read_tally()
            watch(tally)
            if true(tally):
                return tally
            if time.monotonic() > end:
                raise LoadError(
                    f"{tally.joined} of {tally.people} people have joined after {within_s:g} s; "
                    f"connections that failed: {tally.why or 'none'}"
                )
            time.sleep(POLL_S)

    def wait_idle(self, within_s: float = 30.0) -> None:
        """Waits until nothing has arrived for QUIET_S: replays, counts, joins of others."""
        end = time.monotonic() + within_s
        last, since = -1, time.monotonic()
        while time.monotonic() < end and time.monotonic() - since < QUIET_S:
            received = self.read_tally().bytes
            if received != last:
                last, since = received, time.monotonic()
            time.sleep(POLL_S)

    def begin(self, speech: Speech) -> None:
        """Sets all counts to zero and begins the speech, in the first process."""
        self.clear()
        self._processes[0].ask("say", speech)

    def stop_speaking(self) -> None:
        """Ends the speech."""
        self._processes[0].ask("stop_speaking")

    def speak(
        self,
        speech: Speech,
        watch: Watch = lambda _: None,
        enough: Callable[[Tally], bool] = lambda _: False,
    ) -> Spoken:
        """Runs the speech to its end, or until `enough` holds for the tally, and waits until every
        message has arrived, or nothing has arrived for DRAIN_S."""
        self.begin(speech)
        began = last = time.monotonic()
        deliveries, busiest, speaking = 0, 0.0, True
        while True:
            time.sleep(POLL_S)
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
        """Returns the sum of what the processes have counted since the last `clear`."""
        for process in self._processes:
            process.send("read_tally")
        return merge([process.answer() for process in self._processes])

    def clear(self) -> None:
        for process in self._processes:
            process.ask("clear")


def run(pipe: Connection) -> None:
    """Runs one process, until the other end of the pipe is closed."""
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
        pipe.send(_execute(crowd, what, *arguments))


def _execute(crowd: Crowd, what: str, argument: Any = None) -> Any:
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
