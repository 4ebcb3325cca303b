"""The faults of a run, chosen at random."""

from random import Random

from tests.sim.disk import Disk
from tests.sim.gateway import Gateway
from tests.sim.network import FAIR, Weather
from tests.sim.town import Town


class Faults:
    """`strike` causes a fault now. `done` lists all that were caused."""

    def __init__(self, world: Town, random: Random) -> None:
        self.done: list[str] = []
        self.usual = FAIR
        """The weather between storms."""
        self.backup: Disk | None = None
        self._world = world
        self._random = random

    def strike(self) -> None:
        """Causes one fault."""
        world, random = self._world, self._random
        slot = random.randrange(len(world.gateways))
        gateway = world.gateways[slot]
        kinds = {
            self._kill: 3, self._stop: 1, self._pause: 3, self._cut: 3, self._crash: 3,
            self._pause_broker: 1, self._refuse: 2, self._storm: 3, self._cut_pages: 2,
            self._restore: 0.4,
        }  # fmt: skip
        kind = random.choices(list(kinds), list(kinds.values()))[0]
        self.done.append(f"{self._world.time.now:.2f} {kind.__name__[1:]} {gateway.id}")
        kind(slot, gateway)

    # --- gateways --------------------------------------------------------------------------------

    def _kill(self, slot: int, gateway: Gateway, stop: bool = False) -> None:
        if not gateway.alive:
            return
        gateway.stop() if stop and not gateway.paused else gateway.kill()

        def restart() -> None:
            self._world.retired.append(gateway)
            self._world.gateways[slot] = self._world.new_gateway()

        self._world.time.after(self._random.uniform(0.2, 6.0), restart)

    def _stop(self, slot: int, gateway: Gateway) -> None:
        self._kill(slot, gateway, stop=True)

    def _pause(self, slot: int, gateway: Gateway) -> None:
        if gateway.alive and not gateway.paused:
            gateway.paused = True
            self._world.time.after(self._random.uniform(0.5, 9.0), lambda: gateway.resume())

    def _cut(self, slot: int, gateway: Gateway) -> None:
        if gateway.alive and gateway.connector.line is not None:
            self._world.network.cut(gateway.connector.line, told=self._random.random() < 0.6)

    # --- the broker and its disk -----------------------------------------------------------------

    def _crash(self, slot: int, gateway: Gateway) -> None:
        if self._world.broker.up:
            self._world.broker.crash()
            self._world.time.after(self._random.uniform(0.1, 4.0), self._world.broker.start)

    def _pause_broker(self, slot: int, gateway: Gateway) -> None:
        if self._world.broker.up:
            self._world.broker.paused = True
            self._world.time.after(self._random.uniform(0.5, 7.0), self._world.broker.resume)

    def _refuse(self, slot: int, gateway: Gateway) -> None:
        disk = self._world.disk
        disk.refuses = True
        self._world.time.after(
            self._random.uniform(0.1, 3.0), lambda: setattr(disk, "refuses", False)
        )

    # --- the network -----------------------------------------------------------------------------

    def _storm(self, slot: int, gateway: Gateway) -> None:
        self._world.network.weather = Weather(
            drop=self._random.choice((0.1, 0.5, 1.0)), repeat=0.1, late=0.2, slow_s=0.05
        )
        self._world.time.after(self._random.uniform(0.5, 3.0), self._clear_up)

    def _clear_up(self) -> None:
        self._world.network.weather = self.usual

    def _cut_pages(self, slot: int, gateway: Gateway) -> None:
        for page in self._world.pages:
            if page.socket is not None and self._random.random() < 0.5:
                page.cut()

    def _restore(self, slot: int, gateway: Gateway) -> None:
        if not self._world.broker.up or self.backup is None:
            return
        self._world.broker.crash()
        self._world.old[self._world.disk.epoch] = self._world.disk
        self._world.disk = self.backup.copy(f"epoch-{len(self._world.old) + 1}")
        self._world.broker.disk = self._world.disk
        self._world.time.after(self._random.uniform(0.1, 2.0), self._world.broker.start)
