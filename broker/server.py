"""The server: takes commands to the core, and what the core wants done to committer and wire."""

import asyncio
import logging
import time
from collections.abc import Sequence

from broker import garbage
from broker.committer import Committer
from broker.core import Core
from broker.effects import Effect, Missing, Need, Send
from broker.intake import Intake
from broker.metrics import Metrics
from broker.pages import Pages
from broker.store.base import CommitRefused, CommitUnknown, Opened, ReadFailed, Store
from broker.turns import Turns
from broker.wire import Arrived, Wire
from common import messages as m
from common.errors import Code
from common.listening import ListeningClock
from common.settings import Settings

FRAMES_A_TURN = 500
TICK_S, REST_S = 0.05, 0.25
"""Between two ticks, at the least: what is due soon goes together; and at the most."""
PROBE_S = 1.0
STOP_S = 3.0
QUESTIONS = 20
"""How often a core may ask for more before one command."""
_WRITING = (
    *(m.Announce, m.Ban, m.Blank, m.Direct, m.Gone),
    *(m.Join, m.Leave, m.Quit, m.Register, m.Say),
)
log = logging.getLogger(__name__)


class Server:
    """One run of a broker, from an open store on. `wire` is bound."""

    def __init__(
        self, settings: Settings, store: Store, opened: Opened, wire: Wire, metrics: Metrics
    ) -> None:
        self._settings = settings
        self._store = store
        self._wire = wire
        self._metrics = metrics
        self._pages = Pages(store, wire, metrics)
        self._turns = Turns(self._turn, lambda: max(TICK_S, self._tick_at - self._clock.now))
        self._committer = Committer(store, wire, self._pages, metrics, self._turns.fail)
        self._clock = ListeningClock(time.monotonic())
        self._tick_at = self._ticked_at = 0.0
        self._settle_at = 0.0
        self._refusing = ""
        """Why everything that writes is refused; empty while it is not."""
        self._probe_at = 0.0
        self._intake = Intake(metrics, self._fail, wire.roles)
        self._start(opened)
        metrics.watch(lambda: self._core.figures())

    @property
    def ready(self) -> str:
        """Empty when it serves, else why not."""
        why_not = self._refusing or self._committer.failed or self._store.fault()
        return f"the store takes nothing at the moment: {why_not}" if why_not else ""

    async def run(self, stop: asyncio.Event) -> None:
        """Serves until `stop`; what was taken by then is on disk and answered on return."""
        async with asyncio.TaskGroup() as tasks:
            serving = [
                tasks.create_task(self._pages.run(), name="pages"),
                tasks.create_task(self._turns.run(), name="turns"),
            ]
            self._wire.listen(self._turns.wake, lambda id: self._core.knows_gateway(id))
            await stop.wait()
            try:
                async with asyncio.timeout(STOP_S):
                    await self._turns.stop()
                    self._do(self._core.stop(self._clock.now, time.time()))
                    await self._committer.idle()
                    await self._pages.idle()
            except TimeoutError:
                log.error("stopping with commands unanswered: the store does not return")
            for task in serving:
                task.cancel()

    def _start(self, opened: Opened) -> None:
        with garbage.away():
            self._core = Core(self._settings, opened, self._clock.now)
        self._term = self._pages.term = opened.term
        self._pages.epoch = opened.epoch
        self._metrics.term.set(opened.term)

    async def _turn(self) -> bool:
        """Returns whether there is more."""
        await self._committer.has_room()
        if self._committer.failed:
            self._refusing = self._committer.failed
            await self._start_over()
            self._probe_at = time.monotonic() + PROBE_S
        if self._refusing:
            await self._try_store()
        # First what has waited, then the time: nobody loses anything while we did not listen.
        arrived = self._wire.receive(FRAMES_A_TURN)
        now = self._pass_time()
        if written := self._committer.take_written():
            self._core.committed(written)
        await self._take(arrived, now)
        if now >= self._tick_at and not self._refusing:
            self._ticked_at = now
            self._tick(now)
        due = min(self._core.due, self._ticked_at + REST_S)
        self._tick_at = max(due, self._ticked_at + TICK_S)
        self._committer.flush()
        return len(arrived) == FRAMES_A_TURN

    def _pass_time(self) -> float:
        monotonic = time.monotonic()
        return (self._clock.pause if self._refusing else self._clock.advance)(monotonic)

    async def _take(self, arrived: Sequence[Arrived], now: float) -> None:
        taken = commands = self._intake.commands(arrived)
        if self._refusing:
            commands = [one for one in commands if not self._refuses(*one)]
        await self._prefetch(commands)
        wall = time.time()
        for peer, command in commands:
            if needs := self._handle(peer, command, now, wall):
                await self._inquire(peer, command, now, wall, needs)
        self._intake.count(taken)

    async def _prefetch(self, commands: Sequence[tuple[bytes, m.AnyCommand]]) -> None:
        """One question for all, where the core knows already what it will need."""
        try:
            needs: dict[Need, None] = {}
            for peer, command in commands:
                for need in self._core.needs(peer, command):
                    needs[need] = None
            if needs:
                await self._learn(list(needs))
        except ReadFailed as error:
            log.error("the store cannot be read: %s", error)
        except Exception:
            log.exception("failed to look ahead")
            self._committer.fail("the core failed")

    def _handle(
        self, peer: bytes, command: m.AnyCommand, now: float, wall: float
    ) -> Sequence[Need]:
        """What the core has to be told first; nothing, if it is done."""
        try:
            self._do(self._core.handle(peer, command, now, wall))
        except Missing as missing:
            return missing.needs
        except Exception:
            self._failed_at(peer, command)
        return ()

    async def _inquire(
        self, peer: bytes, command: m.AnyCommand, now: float, wall: float, needs: Sequence[Need]
    ) -> None:
        """Handles what the core could not without these needs."""
        self._committer.flush()
        try:
            for _ in range(QUESTIONS):
                await self._learn(needs)
                needs = self._handle(peer, command, now, wall)
                if not needs:
                    return
            raise RuntimeError(f"the core asks for ever: {command!r:.200}")
        except ReadFailed as error:
            log.error("the store cannot be read: %s", error)
            self._fail(peer, command.no, "the store cannot be read at the moment", "unavailable")
        except Exception:
            self._failed_at(peer, command)

    def _failed_at(self, peer: bytes, command: m.AnyCommand) -> None:
        # Our own fault. The core may have done half of it, so it starts over from the store.
        log.exception("failed at %s", type(command).__name__)
        self._fail(peer, command.no, "the broker failed at this")
        self._committer.fail("the core failed")

    def _tick(self, now: float) -> None:
        if fault := self._store.fault():
            log.error("the store takes nothing from now on: %s", fault)
            self._committer.fail(fault)
        try:
            self._do(self._core.tick(now, time.time()))
        except Exception:
            log.exception("failed at a tick")
            self._committer.fail("the core failed")
        if now >= self._settle_at:
            self._settle_at = now + garbage.SETTLE_S
            garbage.settle()

    def _do(self, effects: Sequence[Effect]) -> None:
        self._committer.add(effects)

    async def _learn(self, needs: Sequence[Need]) -> None:
        self._core.learn(needs, await self._store.learn(needs))

    def _fail(self, peer: bytes, no: int, message: str, code: Code = "bad_request") -> None:
        self._do([Send(peer, m.Failed(term=self._term, no=no, code=code, message=message))])

    # --- while the store takes nothing ----------------------------------------------------------

    async def _start_over(self) -> None:
        """The core's state is what the store has; the links say hello again."""
        await self._committer.idle()
        while True:
            try:
                opened = await self._store.state(time.time() - self._settings.name_hold)
                break
            except ReadFailed as error:
                log.error("the store cannot be read: %s", error)
                await asyncio.sleep(PROBE_S)
        self._committer.restart()
        self._start(opened)
        log.warning("started over in term %d", opened.term)

    async def _try_store(self) -> None:
        if time.monotonic() < self._probe_at:
            return
        self._probe_at = time.monotonic() + PROBE_S
        try:
            await self._store.probe()
        except (CommitRefused, CommitUnknown) as error:
            log.error("the store still takes nothing: %s", error)
            self._refusing = str(error)
            return
        log.warning("the store takes writes again")
        self._refusing = ""
        await self._start_over()

    def _refuses(self, peer: bytes, command: m.AnyCommand) -> bool:
        if not isinstance(command, _WRITING):
            return False
        if isinstance(command, m.Register):
            # Whoever is known may read meanwhile. When the store is back all register for good.
            self._do([Send(peer, m.Done(term=self._term, no=command.no))])
        else:
            self._fail(peer, command.no, "the store takes nothing at the moment", "unavailable")
        return True
