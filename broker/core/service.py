"""The service: what one broker does between its sockets, its store and its clock. Pure.

`server.py` drives it with the real ones, `tests/sim` with a simulated network, disk and time. The
order in which things happen is decided here: receive, learn, handle, tick, commit, release.
"""

from collections.abc import Generator, Iterable, Sequence
from enum import Enum, auto
from typing import TypeAlias

from broker.core.batch import Batch
from broker.core.core import Core
from broker.core.questions import (
    CheckFiles,
    Learn,
    PeerCommand,
    Probe,
    Question,
    ReadState,
    Receive,
    Received,
    Report,
)
from broker.effects import Fact, Missing, Need, Release, Send, Snapshot
from common.clock import ListeningClock
from common.errors import Code
from common.messages import (
    Announce,
    AnyCommand,
    Ban,
    Blank,
    Direct,
    Done,
    Failed,
    Gone,
    Join,
    Leave,
    Quit,
    Register,
    Say,
)
from common.settings import Settings
from common.transitions import follow

TICK_S, REST_S = 0.05, 0.25
"""Seconds between two ticks, at least and at most: what is due soon is told together."""
PROBE_S = 1.0
"""Seconds between two looks whether the store takes writes again."""
QUESTIONS = 20
"""How often the core may ask for facts before one command."""
_WRITING = (Announce, Ban, Blank, Direct, Gone, Join, Leave, Quit, Register, Say)


class ServiceState(Enum):
    SERVING = auto()
    FAILED = auto()
    """The core cannot be trusted: a commit or the core itself failed. Everything that is not
    committed yet is refused; then the core is made anew from the store."""
    REFUSING = auto()
    """The core is what the store has. What writes is refused until a probe has succeeded."""


class Happening(Enum):
    FAILURE = auto()
    MADE_ANEW = auto()
    PROBED = auto()


TRANSITIONS = {
    (ServiceState.SERVING, Happening.FAILURE): ServiceState.FAILED,
    (ServiceState.FAILED, Happening.FAILURE): ServiceState.FAILED,
    (ServiceState.REFUSING, Happening.FAILURE): ServiceState.FAILED,
    (ServiceState.FAILED, Happening.MADE_ANEW): ServiceState.REFUSING,
    (ServiceState.REFUSING, Happening.PROBED): ServiceState.SERVING,
}


Turn: TypeAlias = Generator[Question, object, None]


class Service:
    """One run of a broker, from an open store on.

    Whenever something may have arrived, or `due` is over, drive `turn`. Commit what `next_batch`
    returns, tell `on_commit` how it went, release what that returns, then call `released`.
    """

    def __init__(self, settings: Settings, opened: Snapshot, monotonic: float) -> None:
        self._settings = settings
        self._clock = ListeningClock(monotonic)
        self._state = ServiceState.SERVING
        self._why_not = ""
        """Why the service does not take writes."""
        self._probe_at = 0.0
        self._tick_at = self._ticked_at = 0.0
        self._gathering = Batch()
        self._committing: Batch | None = None
        self._written = 0
        """Writes that are on disk and that the core has not been told of."""
        self.epoch, self.term = opened.epoch, opened.term
        self.core = self.make_core(settings, opened, self._clock.now)

    def make_core(self, settings: Settings, opened: Snapshot, now: float) -> Core:
        """A core that knows what the store has. The simulation makes one that it can watch."""
        return Core(settings, opened, now)

    @property
    def why_not_ready(self) -> str:
        """Empty while the service takes writes."""
        return self._why_not

    @property
    def rest_s(self) -> float:
        """How long there may be no turn."""
        return max(TICK_S, self._tick_at - self._clock.now)

    # --- a turn ----------------------------------------------------------------------------------

    def turn(self, monotonic: float) -> Turn:
        """Everything that is to be done now. Nothing, while batches of a core that failed are still
        to be refused."""
        if self._state is ServiceState.FAILED:
            if not self.is_idle:
                return
            yield from self._make_anew(Happening.MADE_ANEW)
            self._probe_at = monotonic + PROBE_S
        if self._state is ServiceState.REFUSING and monotonic >= self._probe_at:
            self._probe_at = monotonic + PROBE_S
            yield from self._probe()
        # First what has waited, then the time: nobody loses anything while we did not listen.
        received = yield Receive()
        assert isinstance(received, Received)
        now = self._pass_time(received.monotonic)
        if self._written:
            self.core.committed(self._written)
            self._written = 0
        yield from self._handle_all(received.commands, now, received.wall)
        if now >= self._tick_at and self._state is not ServiceState.REFUSING:
            self._ticked_at = now
            yield from self._tick(now, received.wall)
        due = min(self.core.due, self._ticked_at + REST_S)
        self._tick_at = max(due, self._ticked_at + TICK_S)

    def fail(self, why: str) -> None:
        """The core is not to be trusted any more: everything not yet committed is refused."""
        self._state = follow(TRANSITIONS, self._state, Happening.FAILURE)
        self._why_not = why

    def refuse(self, peer: bytes, no: int, message: str, code: Code = "bad_request") -> None:
        """Answers a command, or a frame that is none."""
        failed = Failed(term=self.term, no=no, code=code, message=message)
        self._gathering.add([Send(peer, failed)])

    def stop(self, wall: float) -> None:
        """The last answers: to those who wait."""
        self._gathering.add(self.core.stop(self._clock.now, wall))

    def _pass_time(self, monotonic: float) -> float:
        refusing = self._state is ServiceState.REFUSING
        return (self._clock.pause if refusing else self._clock.advance)(monotonic)

    def _handle_all(self, commands: Sequence[PeerCommand], now: float, wall: float) -> Turn:
        if self._state is ServiceState.REFUSING:
            commands = [one for one in commands if not self._refuses(*one)]
        yield from self._learn_ahead(commands)
        for peer, command in commands:
            try:
                self._gathering.add(self.core.handle(peer, command, now, wall))
                continue
            except Missing as missing:
                needs = missing.needs
            except Exception as error:
                yield from self._failed_at(peer, command, error)
                continue
            yield from self._inquire(peer, command, now, wall, needs)

    def _learn_ahead(self, commands: Iterable[PeerCommand]) -> Turn:
        """One question for all commands, where the core knows already what it will need."""
        try:
            needs = {need: None for one in commands for need in self.core.needs(*one)}
            if needs:
                yield from self._learn(list(needs))
        except Exception as error:
            yield Report("failed to look ahead", error)
            self.fail("the core failed")

    def _learn(self, needs: Sequence[Need]) -> Generator[Question, object, bool]:
        """Returns whether the store told."""
        facts = yield Learn(needs)
        if facts is None:
            return False
        assert isinstance(facts, list)
        told: list[Fact] = facts
        self.core.learn(needs, told)
        return True

    def _inquire(
        self, peer: bytes, command: AnyCommand, now: float, wall: float, needs: Sequence[Need]
    ) -> Turn:
        """Handles a command that the core could not handle without these facts."""
        try:
            for _ in range(QUESTIONS):
                if not (yield from self._learn(needs)):
                    message = "the store cannot be read at the moment"
                    return self.refuse(peer, command.no, message, "unavailable")
                try:
                    return self._gathering.add(self.core.handle(peer, command, now, wall))
                except Missing as missing:
                    needs = missing.needs
            raise RuntimeError(f"the core asks for ever: {command!r:.200}")
        except Exception as error:
            yield from self._failed_at(peer, command, error)

    def _failed_at(self, peer: bytes, command: AnyCommand, error: Exception) -> Turn:
        """Our own fault. The core may have done half of the command: it is made anew."""
        yield Report(f"failed at {type(command).__name__}", error)
        self.refuse(peer, command.no, "the broker failed at this")
        self.fail("the core failed")

    def _tick(self, now: float, wall: float) -> Turn:
        fault = yield CheckFiles()
        assert isinstance(fault, str)
        if fault:
            self.fail(fault)
        try:
            self._gathering.add(self.core.tick(now, wall))
        except Exception as error:
            yield Report("failed at a tick", error)
            self.fail("the core failed")

    # --- while the store takes nothing -----------------------------------------------------------

    def _make_anew(self, happening: Happening) -> Turn:
        """The core is what the store has; the links say hello again."""
        opened = yield ReadState()
        assert isinstance(opened, Snapshot)
        self._state = follow(TRANSITIONS, self._state, happening)
        self._written = 0
        self.epoch, self.term = opened.epoch, opened.term
        self.core = self.make_core(self._settings, opened, self._clock.now)

    def _probe(self) -> Turn:
        why_not = yield Probe()
        assert isinstance(why_not, str)
        if why_not:
            self._why_not = why_not
            return
        yield from self._make_anew(Happening.PROBED)
        self._why_not = ""

    def _refuses(self, peer: bytes, command: AnyCommand) -> bool:
        if not isinstance(command, _WRITING):
            return False
        if isinstance(command, Register):
            # Whoever is known may read meanwhile. When the store is back all register for good.
            self._gathering.add([Send(peer, Done(term=self.term, no=command.no))])
        else:
            self.refuse(peer, command.no, "the store takes nothing at the moment", "unavailable")
        return True

    # --- commits and releases --------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """All effects are released or refused."""
        return self._committing is None and self._gathering.is_empty()

    @property
    def is_full(self) -> bool:
        """There is no room for more effects until a batch is taken: take no turn."""
        return self._gathering.is_full()

    def next_batch(self) -> Batch | None:
        """What is to be committed now; None if there is nothing, or if a batch is under way. After
        a failure nothing is left to write of it."""
        if self._committing is not None or self._gathering.is_empty():
            return None
        batch, self._gathering = self._gathering, Batch()
        if self._state is ServiceState.FAILED:
            batch.writes.clear()
        self._committing = batch
        return batch

    def on_commit(self, failure: str = "") -> Iterable[Release]:
        """The batch is on disk, or `failure` says why that is not known. Returns what is to be
        released, in order."""
        assert self._committing is not None, "no batch is being committed"
        batch = self._committing
        if failure:
            self.fail(failure)
        if self._state is ServiceState.FAILED:
            return batch.refused()
        self._written += len(batch.writes)
        return batch.releases

    def released(self) -> None:
        """Everything that `on_commit` returned is on its way."""
        self._committing = None
