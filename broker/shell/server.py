"""The server: drives the pure service with ZeroMQ, the store and the clock."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import assert_never

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
from broker.core.service import PROBE_S, Service, Turn
from broker.effects import Snapshot
from broker.shell.committer import Committer
from broker.shell.intake import Intake
from broker.shell.metrics import Metrics
from broker.shell.page_reader import PageReader
from broker.shell.turns import Turns
from broker.shell.zmq_sockets import BrokerSockets, IncomingFrame
from broker.store.base import CommitRefused, CommitUnknown, ReadFailed, Store
from common.gc_policy import GcPolicy
from common.messages import Gone, Join, Leave
from common.settings import Settings

FRAMES_A_TURN = 500
"""Frames that are received in one turn."""
GATHER_S = 0.005
"""The time from the begin of a turn that handled only moves to the next turn. In a crowd that comes
or goes, many sockets then share the cost of a turn: a read of facts and a commit. The first message
that comes meanwhile waits as well, at most for this time. The turn that handles it is followed by
the next one at once."""
_MOVES = (Join, Leave, Gone)
STOP_S = 3.0
"""A broker that stops waits this long until every command that it received is answered."""
SETTLE_S = 1.0
"""The interval of `GcPolicy.settle`."""
log = logging.getLogger(__name__)


def only_moves(commands: Sequence[PeerCommand]) -> bool:
    """Whether there are commands, and all are moves: sockets join and leave rooms, or are gone."""
    return bool(commands) and all(isinstance(command, _MOVES) for _, command in commands)


class Server:
    """One run of a broker. `store` is open and `opened` is what it returned; `sockets` are
    bound."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        opened: Snapshot,
        sockets: BrokerSockets,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._store = store
        self._sockets = sockets
        self._metrics = metrics
        self._gc = GcPolicy()
        with self._gc.paused():
            self._service = Service(settings, opened, time.monotonic())
        self._pages = PageReader(store, sockets, metrics)
        self._turns = Turns(self._turn, lambda: self._service.max_wait_s)
        self._committer = Committer(
            self._service, store, sockets, self._pages, metrics, self._on_idle, self._turns.fail
        )
        self._intake = Intake(metrics, self._service.refuse, sockets.roles)
        self._settle_at = 0.0
        self._note_term()
        metrics.watch(lambda: self._service.core.figures())

    @property
    def why_not_ready(self) -> str:
        """Why the broker refuses commands at the moment; empty if it is ready."""
        reason = self._service.why_not_ready or self._store.fault()
        return f"the store cannot be written at the moment: {reason}" if reason else ""

    async def run(self, stop: asyncio.Event) -> None:
        """Serves until `stop` is set. On return every command that was received is on disk and
        answered, unless the store took longer than STOP_S."""
        self._gc.start()
        try:
            await self._serve(stop)
        finally:
            self._gc.stop()

    async def _serve(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            serving = [
                tasks.create_task(self._pages.run(), name="pages"),
                tasks.create_task(self._turns.run(), name="turns"),
            ]
            self._sockets.listen(
                self._turns.on_input, lambda id: self._service.core.knows_gateway(id)
            )
            await stop.wait()
            try:
                async with asyncio.timeout(STOP_S):
                    await self._turns.stop()
                    self._service.stop(time.time())
                    await self._committer.wait_until_idle()
                    await self._pages.wait_until_idle()
            except TimeoutError:
                log.error(
                    "stopping with unanswered commands: the store did not finish in %g s", STOP_S
                )
            for task in serving:
                task.cancel()

    async def _turn(self) -> bool:
        """Drives one turn of the service. Returns whether there may be more frames to receive."""
        await self._committer.wait_for_room()
        began = asyncio.get_running_loop().time()
        frames: Sequence[IncomingFrame] = ()
        commands: Sequence[PeerCommand] = ()
        turn = self._service.turn(time.monotonic())
        question = next(turn, None)
        while question is not None:
            if isinstance(question, Receive):
                frames = self._sockets.receive(FRAMES_A_TURN)
                commands = self._intake.commands(frames)
                answer: object = Received(commands, time.monotonic(), time.time())
            else:
                answer = await self._answer(question)
            question = self._resume(turn, question, answer)
        self._intake.count(commands)
        self._turns.gather_until = began + GATHER_S if only_moves(commands) else 0.0
        self._committer.flush()
        self._settle_garbage()
        return len(frames) == FRAMES_A_TURN

    def _resume(self, turn: Turn, question: Question, answer: object) -> Question | None:
        """The turn's next question; None when the turn is over."""
        try:
            if not isinstance(question, ReadState):
                return turn.send(answer)
            with self._gc.paused():  # a core is made
                return turn.send(answer)
        except StopIteration:
            return None
        finally:
            if isinstance(question, ReadState):
                self._note_term()
                log.warning("read the state again from the store: term %d", self._service.term)

    async def _answer(self, question: Question) -> object:
        match question:
            case Learn(needs):
                self._committer.flush()
                try:
                    return await self._store.learn(needs)
                except ReadFailed as error:
                    log.error("the store cannot be read: %s", error)
                    return None
            case ReadState():
                return await self._read_state()
            case Probe():
                return await self._probe()
            case CheckFiles():
                fault = self._store.fault()
                if fault:
                    log.error("the store cannot be written from now on: %s", fault)
                return fault
            case Report(what, error):
                log.error("%s", what, exc_info=error)
            case Receive():
                raise AssertionError("the turn receives once, before it asks for anything else")
            case _:
                assert_never(question)
        return None

    async def _read_state(self) -> Snapshot:
        while True:
            try:
                return await self._store.state(time.time() - self._settings.name_hold)
            except ReadFailed as error:
                log.error("the store cannot be read: %s", error)
                await asyncio.sleep(PROBE_S)

    async def _probe(self) -> str:
        try:
            await self._store.probe()
        except (CommitRefused, CommitUnknown) as error:
            log.error("the store still cannot be written: %s", error)
            return str(error)
        log.warning("the store can be written again")
        return ""

    def _on_idle(self) -> None:
        """All effects are released. A service whose commit failed continues only now."""
        if self._service.why_not_ready:
            self._turns.wake()

    def _note_term(self) -> None:
        """Passes the term and epoch of the service on to the page reader and the metrics."""
        self._pages.term, self._pages.epoch = self._service.term, self._service.epoch
        self._metrics.term.set(self._service.term)

    def _settle_garbage(self) -> None:
        now = time.monotonic()
        if now >= self._settle_at:
            self._settle_at = now + SETTLE_S
            self._gc.settle()
