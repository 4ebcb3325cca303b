"""The broker of a run: the real core in a shell as broker.server and broker.committer make it."""

from collections import deque
from random import Random

from broker.committer import Batch, _refused
from broker.core import Core
from broker.effects import Missing, Publish, Send, SendPage
from broker.merging import merged
from broker.server import _WRITING, PROBE_S, QUESTIONS
from common.frames import decode_command
from common.listening import ListeningClock
from common.messages import AnyAnswer, AnyCommand, Failed, RoomRow, RoomsListed
from common.settings import Settings
from tests.sim.disk import Disk
from tests.sim.network import Network
from tests.sim.tally import Tally
from tests.sim.virtual import Time

TICK_S = 0.1


class Broker:
    """`crash` and `start`, `pause` and `resume` as processes know them."""

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
        self._clock = ListeningClock(self._time.now)
        self._gathering = Batch()
        self._committing: Batch | None = None
        self._written = 0
        self._failed = False
        self._refusing = False
        self._probe_at = 0.0
        self._tick_at = 0.0
        self._looking = False
        self._open()
        self._keep_ticking(self._run)

    def crash(self) -> None:
        """SIGKILL. What was being committed may be on disk or not."""
        batch = None if self._failed else self._committing
        if batch is not None and self._random.random() < 0.5:
            self._commit_now(batch)
        self._run += 1
        self.up = False
        self._arrived.clear()
        self._network.cut_all()

    def receive(self, peer: bytes, frame: bytes) -> None:
        if not self.up:
            return
        self._arrived.append((peer, frame))
        self._look_soon()

    def resume(self) -> None:
        self.paused = False
        if self.up:  # nobody killed it meanwhile
            self._look_soon()

    # --- as broker.server ------------------------------------------------------------------------

    def _open(self) -> None:
        opened = self.disk.start(self._time.wall, self._time.wall - self.settings.name_hold)
        self.core = Core(self.settings, opened, self._clock.now)
        self.tally.opened(self.core, self.disk)
        self.term = opened.term

    def _keep_ticking(self, run: int) -> None:
        if run == self._run:
            self._turn()
            self._time.after(TICK_S, lambda: self._keep_ticking(run))

    def _look_soon(self) -> None:
        if not self._looking:
            self._looking = True
            run = self._run
            self._time.call_soon(lambda: self._turn() if run == self._run else None)

    def _turn(self) -> None:
        self._looking = False
        if self.paused:
            return
        if self._failed:
            if self._gathering or self._committing is not None:
                return
            self._start_over()
        if self._refusing and self._time.now >= self._probe_at:
            self._probe_at = self._time.now + PROBE_S
            self._refusing = self.disk.refuses
        pass_time = self._clock.pause if self._refusing else self._clock.advance
        arrived, self._arrived = self._arrived, deque()
        now = pass_time(self._time.now)
        self._core_committed()
        commands = [(peer, decode_command(frame)) for peer, frame in arrived]
        commands = [one for one in commands if not self._refuses(*one)]
        needs = {need: None for one in commands for need in self.core.needs(*one)}
        if needs:
            facts = self.disk.learn(list(needs))
            self._maybe_commit_now()
            self.core.learn(list(needs), facts)
        for peer, command in commands:
            self._handle(peer, command, now)
        if self._time.now >= self._tick_at and not self._refusing:
            self._tick_at = self._time.now + TICK_S / 2
            self._add(self.core.tick(now, self._time.wall))
            self.tally.ticked(self.core, self.disk)

    def _core_committed(self) -> None:
        if self._written:
            self.core.committed(self._written)
            self._written = 0

    def _handle(self, peer: bytes, command: AnyCommand, now: float) -> None:
        for _ in range(QUESTIONS):
            try:
                effects = self.core.handle(peer, command, now, self._time.wall)
            except Missing as missing:
                facts = self.disk.learn(missing.needs)
                self._maybe_commit_now()
                self.core.learn(missing.needs, facts)
            else:
                self.tally.handled(command, effects, self.core, self.disk)
                return self._add(effects)
        raise RuntimeError(f"the core asks for ever: {command!r:.200}")

    def _refuses(self, peer: bytes, command: AnyCommand) -> bool:
        if not self._refusing or not isinstance(command, _WRITING):
            return False
        failed = Failed(term=self.term, no=command.no, code="unavailable", message="refused")
        self._add([Send(peer, failed)])
        return True

    def _start_over(self) -> None:
        self._failed = False
        self._written = 0
        self._open()
        self._refusing = True
        self._probe_at = self._time.now + PROBE_S

    # --- as broker.committer ---------------------------------------------------------------------

    def _add(self, effects) -> None:
        self._gathering.add(effects)
        self._next_batch()

    def _next_batch(self) -> None:
        if self._committing is not None or not self._gathering:
            return
        batch, self._gathering = self._gathering, Batch()
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
        if batch.writes and self.disk.refuses and not self._failed:
            self._failed = True
            if self._random.random() < 0.3:
                self._commit_now(batch)  # CommitUnknown: it was written after all
        if not self._failed:
            self._commit_now(batch)
            self._written += len(batch.writes)
        self._committing = None
        self._release(_refused(batch) if self._failed else batch.releases)
        self._next_batch()

    def _maybe_commit_now(self) -> None:
        """A commit ends while the core waits for facts."""
        batch = self._committing
        if batch is not None and not self.disk.refuses and self._random.random() < 0.3:
            self._committed(self._run, batch)

    def _commit_now(self, batch: Batch) -> None:
        self.disk.commit(batch.writes)
        self.tally.wrote(batch.writes)

    def _release(self, releases) -> None:
        publishes: list[Publish] = []
        for release in releases:
            if isinstance(release, Send):
                self._network.answer(release.peer, release.answer)
            elif isinstance(release, Publish):
                publishes.append(release)
            else:
                run, order = self._run, release
                self._time.after(
                    self._random.uniform(0, 0.01),
                    lambda run=run, order=order: self._read(run, order),
                )
        for publish in merged(publishes):
            self._network.publish(publish)

    def _read(self, run: int, order) -> None:
        if run != self._run:
            return
        answer: AnyAnswer
        if isinstance(order, SendPage):
            o = order
            page = self.disk.page(self.term, o.no, o.room, o.after, o.before, o.limit)
            page.to.extend(o.to)
            answer = page
        else:
            rows = [RoomRow(one.room, one.kind, one.count, one.head) for one in order.rooms]
            answer = RoomsListed(term=self.term, no=order.no, rooms=rows, more=order.more)
        self._network.answer(order.peer, answer)
