"""The service: the order in which one broker works between its sockets, its store and its clock.

A turn receives commands, learns the facts that they need, lets the core handle them, and ticks. A
batch of effects is committed meanwhile, and released when it is on disk. `broker.shell.server`
drives the service with real sockets, disk and time, the simulation of the tests with simulated
ones.
"""

from collections.abc import Generator, Iterable, Sequence
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
from broker.core.service_state import TRANSITIONS, ServiceEvent, ServiceState
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

MIN_TICK_S, MAX_TICK_S = 0.05, 0.25
"""Seconds between two ticks, at least and at most: what is due at nearly the same time is published
together."""
PROBE_S = 1.0
"""Seconds between two probes of a store that accepts no writes."""
LEARNS = 20
"""How often facts may be learned for one command: more often is a fault of ours."""
_WRITING = (Announce, Ban, Blank, Direct, Gone, Join, Leave, Quit, Register, Say)


Turn: TypeAlias = Generator[Question, object, None]
"""Yields questions, and gets the answers to them (see broker.core.questions)."""


class Service:
    """One run of a broker, from the time when its store is open.

    Drive `turn` whenever something may have arrived, and at the latest after `max_wait_s`. After a
    turn and after each commit, commit the writes of `next_batch`, pass the result to `on_commit`,
    release everything that it returns, and call `released`.
    """

    def __init__(self, settings: Settings, opened: Snapshot, monotonic: float) -> None:
        self._settings = settings
        self._clock = ListeningClock(monotonic)
        self._state = ServiceState.SERVING
        self._why_not = ""
        """Why the service refuses writes; empty while it accepts them."""
        self._probe_at = 0.0
        self._tick_at = self._ticked_at = 0.0
        self._filling = Batch()
        """The effects that wait for the next commit."""
        self._committing: Batch | None = None
        self._newly_written = 0
        """The number of writes that are on disk and not yet reported to the core."""
        self.epoch, self.term = opened.epoch, opened.term
        self.core = self.make_core(settings, opened, self._clock.now)

    def make_core(self, settings: Settings, opened: Snapshot, now: float) -> Core:
        """A core with what the store has. The simulation overrides this to watch the core."""
        return Core(settings, opened, now)

    @property
    def why_not_ready(self) -> str:
        """Why the broker is not ready: it refuses writes. Empty if it is ready."""
        return self._why_not

    @property
    def max_wait_s(self) -> float:
        """Seconds for which the next turn may wait if nothing arrives."""
        return max(MIN_TICK_S, self._tick_at - self._clock.now)

    # --- a turn ----------------------------------------------------------------------------------

    def turn(self, monotonic: float) -> Turn:
        """Does everything that is to be done now. After a failure that is nothing until the effects
        of the failed core are refused."""
        if self._state is ServiceState.FAILED:
            if not self.is_idle:
                return
            yield from self._reload(ServiceEvent.RELOADED)
            self._probe_at = monotonic + PROBE_S
        if self._state is ServiceState.REFUSING and monotonic >= self._probe_at and self.is_idle:
            # Answers of this term go out first: gateways refuse them once they know the next one.
            self._probe_at = monotonic + PROBE_S
            yield from self._probe()
        # Commands come before the tick: one that waited while the broker did not listen renews its
        # gateway's lease before leases end.
        received = yield Receive()
        assert isinstance(received, Received)
        now = self._pass_time(received.monotonic)
        if self._newly_written:
            self.core.committed(self._newly_written)
            self._newly_written = 0
        yield from self._handle_all(received.commands, now, received.wall)
        if now >= self._tick_at and self._state is not ServiceState.REFUSING:
            self._ticked_at = now
            yield from self._tick(now, received.wall)
        due = min(self.core.due, self._ticked_at + MAX_TICK_S)
        self._tick_at = max(due, self._ticked_at + MIN_TICK_S)

    def fail(self, why: str) -> None:
        """The core cannot be trusted any more: everything that is not yet committed is refused."""
        self._state = follow(TRANSITIONS, self._state, ServiceEvent.FAILURE)
        self._why_not = why

    def refuse(self, peer: bytes, no: int, message: str, code: Code = "bad_request") -> None:
        """Refuses the command numbered `no`, or a frame that is not a command."""
        failed = Failed(term=self.term, no=no, code=code, message=message)
        self._filling.add([Send(peer, failed)])

    def stop(self, wall: float) -> None:
        """Call this before the last batches: answers the requests that still wait."""
        self._filling.add(self.core.stop(self._clock.now, wall))

    def _pass_time(self, monotonic: float) -> float:
        refusing = self._state is ServiceState.REFUSING
        return (self._clock.pause if refusing else self._clock.advance)(monotonic)

    def _handle_all(self, commands: Sequence[PeerCommand], now: float, wall: float) -> Turn:
        if self._state is ServiceState.REFUSING:
            commands = [c for c in commands if not self._refuse_write(*c)]
        yield from self._learn_ahead(commands)
        for peer, command in commands:
            try:
                self._filling.add(self.core.handle(peer, command, now, wall))
                continue
            except Missing as missing:
                needs = missing.needs
            except Exception as error:
                yield from self._on_fault(peer, command, error)
                continue
            yield from self._handle_after_learning(peer, command, now, wall, needs)

    def _learn_ahead(self, commands: Iterable[PeerCommand]) -> Turn:
        """Reads the facts that the core will need for these commands, all at once."""
        try:
            needs = {need: None for c in commands for need in self.core.needs(*c)}
            if needs:
                yield from self._learn(list(needs))
        except Exception as error:
            yield Report("reading facts for commands failed", error)
            self.fail("the core failed")

    def _learn(self, needs: Sequence[Need]) -> Generator[Question, object, bool]:
        """Returns False if the store cannot be read now."""
        facts = yield Learn(needs)
        if facts is None:
            return False
        assert isinstance(facts, list)
        learned: list[Fact] = facts
        self.core.learn(needs, learned)
        return True

    def _handle_after_learning(
        self, peer: bytes, command: AnyCommand, now: float, wall: float, needs: Sequence[Need]
    ) -> Turn:
        """Handles a command for which the core lacked these facts, and possibly lacks more."""
        try:
            for _ in range(LEARNS):
                if not (yield from self._learn(needs)):
                    message = "the store cannot be read at the moment"
                    return self.refuse(peer, command.no, message, "unavailable")
                try:
                    return self._filling.add(self.core.handle(peer, command, now, wall))
                except Missing as missing:
                    needs = missing.needs
            raise RuntimeError(f"the core never has the facts for {command!r:.200}")
        except Exception as error:
            yield from self._on_fault(peer, command, error)

    def _on_fault(self, peer: bytes, command: AnyCommand, error: Exception) -> Turn:
        """A fault of ours. The core may have executed half of the command: a new one is made."""
        yield Report(f"executing {type(command).__name__} failed", error)
        self.refuse(peer, command.no, "an error in the broker: not executed")
        self.fail("the core failed")

    def _tick(self, now: float, wall: float) -> Turn:
        fault = yield CheckFiles()
        assert isinstance(fault, str)
        if fault:
            self.fail(fault)
        try:
            self._filling.add(self.core.tick(now, wall))
        except Exception as error:
            yield Report("a tick failed", error)
            self.fail("the core failed")

    # --- after a failure -------------------------------------------------------------------------

    def _reload(self, event: ServiceEvent) -> Turn:
        """Makes a new core from what the store has. It knows no links: all say hello again."""
        opened = yield ReadState()
        assert isinstance(opened, Snapshot)
        self._state = follow(TRANSITIONS, self._state, event)
        self._newly_written = 0
        self.epoch, self.term = opened.epoch, opened.term
        self.core = self.make_core(self._settings, opened, self._clock.now)

    def _probe(self) -> Turn:
        """If the store accepts writes, serves again, with a core of a new term."""
        why_not = yield Probe()
        assert isinstance(why_not, str)
        if why_not:
            self._why_not = why_not
            return
        yield from self._reload(ServiceEvent.PROBED)
        self._why_not = ""

    def _refuse_write(self, peer: bytes, command: AnyCommand) -> bool:
        """If the command writes, refuses it and returns True. Other commands are left to the
        core."""
        if not isinstance(command, _WRITING):
            return False
        if isinstance(command, Register):
            # People whom the core knows may read meanwhile. All register once more when the store
            # accepts writes again, with the hello to the next core.
            self._filling.add([Send(peer, Done(term=self.term, no=command.no))])
        else:
            self.refuse(peer, command.no, "the store cannot be written now", "unavailable")
        return True

    # --- commits and releases --------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether all effects are released or refused."""
        return self._committing is None and self._filling.is_empty()

    @property
    def is_full(self) -> bool:
        """Whether the waiting batch is full: drive no turn until it is taken."""
        return self._filling.is_full()

    def next_batch(self) -> Batch | None:
        """The batch to commit now. None if there are no effects, or if a batch is being committed.
        After a failure the batch has no writes: its answers are refused."""
        if self._committing is not None or self._filling.is_empty():
            return None
        batch, self._filling = self._filling, Batch()
        if self._state is ServiceState.FAILED:
            batch.writes.clear()
        self._committing = batch
        return batch

    def on_commit(self, failure: str = "") -> Iterable[Release]:
        """The batch is on disk; or `failure` says why that failed or is not known. Returns what
        is to be released, in the order of the commands."""
        assert self._committing is not None, "no batch is being committed"
        batch = self._committing
        if failure:
            self.fail(failure)
        if self._state is ServiceState.FAILED:
            return batch.refused()
        self._newly_written += len(batch.writes)
        return batch.releases

    def released(self) -> None:
        """Everything that `on_commit` returned was released: the next batch may be committed."""
        self._committing = None
