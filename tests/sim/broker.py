"""The broker of a run: the real service on a simulated network, disk and clock."""

from collections import deque
from collections.abc import Iterable
from functools import partial
from random import Random
from typing import assert_never

from broker.core.batch import Batch
from broker.core.core import Core
from broker.core.questions import (
    CheckFiles,
    Learn,
    Probe,
    Question,
    ReadState,
    Receive,
    Received,
    Report,
)
from broker.core.service import Service
from broker.effects import Effect, Publish, Release, Send, SendPage, SendRooms, Snapshot
from broker.shell.merging import merged
from common.codec import decode_command
from common.messages import AnyAnswer, AnyCommand, RoomRow, RoomsListed
from common.settings import Settings
from tests.sim.disk import Disk
from tests.sim.network import Network
from tests.sim.tally import Tally
from tests.sim.virtual import Time

TICK_S = 0.1


class _Core(Core):
    """The real core, whose effects the tally counts."""

    tally: Tally
    disk: Disk

    def handle(self, peer: bytes, command: AnyCommand, now: float, wall: float) -> list[Effect]:
        effects = super().handle(peer, command, now, wall)
        self.tally.handled(command, effects, self, self.disk)
        return effects

    def tick(self, now: float, wall: float) -> list[Effect]:
        effects = super().tick(now, wall)
        self.tally.ticked(self, self.disk)
        return effects


class _Service(Service):
    """The real service, whose cores the tally watches."""

    def __init__(
        self, settings: Settings, opened: Snapshot, now: float, tally: Tally, disk: Disk
    ) -> None:
        self._tally, self._disk = tally, disk
        super().__init__(settings, opened, now)

    def make_core(self, settings: Settings, opened: Snapshot, now: float) -> Core:
        core = _Core(settings, opened, now)
        core.tally, core.disk = self._tally, self._disk
        self._tally.opened(core, self._disk)
        return core


class Broker:
    """One broker process: a fault may `crash` it or pause it; `start` and `resume` end that."""

    def __init__(
        self,
        settings: Settings,
        tally: Tally,
        disk: Disk,
        network: Network,
        time: Time,
        random: Random,
    ) -> None:
        self.settings = settings
        self.tally = tally
        self.disk = disk
        self.up = False
        self.paused = False
        self._network = network
        self._time = time
        self._random = random
        self._run = 0
        self._arrived: deque[tuple[bytes, bytes]] = deque()

    # --- as a process ----------------------------------------------------------------------------

    def start(self) -> None:
        self._run += 1
        self.up = True
        self.paused = False
        self._arrived.clear()
        self._committing: Batch | None = None
        self._turn_planned = False
        self.service = _Service(self.settings, self._open(), self._time.now, self.tally, self.disk)
        self._keep_ticking(self._run)

    def crash(self) -> None:
        """The broker dies as by SIGKILL. A batch that was being committed is on disk or not."""
        batch = self._committing
        if batch is not None and batch.writes and self._random.random() < 0.5:
            self._commit_now(batch)
        self._run += 1
        self.up = False
        self._arrived.clear()
        self._network.cut_all()

    def receive(self, peer: bytes, frame: bytes) -> None:
        if not self.up:
            return
        self._arrived.append((peer, frame))
        self._turn_soon()

    def resume(self) -> None:
        self.paused = False
        if self.up:  # the broker may have crashed meanwhile
            self._turn_soon()

    # --- the service, driven by virtual time -----------------------------------------------------

    def _keep_ticking(self, run: int) -> None:
        if run == self._run:
            self._turn()
            self._time.after(TICK_S, lambda: self._keep_ticking(run))

    def _turn_soon(self) -> None:
        if not self._turn_planned:
            self._turn_planned = True
            run = self._run
            self._time.call_soon(lambda: self._turn() if run == self._run else None)

    def _turn(self) -> None:
        self._turn_planned = False
        if self.paused:
            return
        turn = self.service.turn(self._time.now)
        question = next(turn, None)
        while question is not None:
            try:
                question = turn.send(self._answer(question))
            except StopIteration:
                break
        self._next_batch()

    def _answer(self, question: Question) -> object:
        match question:
            case Receive():
                arrived, self._arrived = self._arrived, deque()
                commands = [(peer, decode_command(frame)) for peer, frame in arrived]
                return Received(commands, self._time.now, self._time.wall)
            case Learn(needs):
                facts = self.disk.learn(list(needs))
                self._maybe_commit_now()
                return facts
            case ReadState():
                return self._open()
            case Probe():
                return "the disk refuses" if self.disk.refuses else ""
            case CheckFiles():
                return ""
            case Report(_, error):
                raise error
            case _:
                assert_never(question)

    def _open(self) -> Snapshot:
        return self.disk.start(self._time.wall, self._time.wall - self.settings.name_hold)

    # --- commits ---------------------------------------------------------------------------------

    def _next_batch(self) -> None:
        batch = self.service.next_batch()
        if batch is None:
            return
        self._committing = batch
        takes_s = 0.0
        if batch.writes:
            slow = self._random.random() < 0.02
            takes_s = self._random.uniform(0.001, 0.4 if slow else 0.02)
        run = self._run
        self._time.after(takes_s, lambda: self._committed(run, batch))

    def _committed(self, run: int, batch: Batch) -> None:
        if run != self._run or self._committing is not batch:
            return
        if self.paused:
            self._time.after(0.1, lambda: self._committed(run, batch))
            return
        failure = "the disk refuses" if batch.writes and self.disk.refuses else ""
        if batch.writes and (not failure or self._random.random() < 0.3):
            # A failure may leave open whether the batch was written.
            self._commit_now(batch)
        self._committing = None
        self._release(self.service.on_commit(failure))
        self.service.released()
        self._next_batch()
        if self.service.why_not_ready:
            self._turn_soon()

    def _maybe_commit_now(self) -> None:
        """Sometimes a commit ends while the core waits for facts."""
        batch = self._committing
        if batch is not None and not self.disk.refuses and self._random.random() < 0.3:
            self._committed(self._run, batch)

    def _commit_now(self, batch: Batch) -> None:
        self.disk.commit(batch.writes)
        self.tally.wrote(batch.writes)

    def _release(self, releases: Iterable[Release]) -> None:
        publishes: list[Publish] = []
        for release in releases:
            if isinstance(release, Send):
                self._network.answer(release.peer, release.answer)
            elif isinstance(release, Publish):
                publishes.append(release)
            else:
                read = partial(self._read, self._run, release)
                self._time.after(self._random.uniform(0, 0.01), read)
        for publish in merged(publishes):
            self._network.publish(publish)

    def _read(self, run: int, read: SendPage | SendRooms) -> None:
        if run != self._run:
            return
        answer: AnyAnswer
        if isinstance(read, SendPage):
            bounds = (read.after, read.before, read.limit)
            page = self.disk.page(self.service.term, read.no, read.room, *bounds)
            page.to.extend(read.to)
            answer = page
        else:
            rows = [RoomRow(row.room, row.kind, row.count, row.head) for row in read.rooms]
            answer = RoomsListed(term=self.service.term, no=read.no, rooms=rows, more=read.more)
        self._network.answer(read.peer, answer)
