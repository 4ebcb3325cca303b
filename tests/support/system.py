"""The system under test: a broker and gateways as real processes, which have to end well."""

import asyncio
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts.processes import STOP_S, Processes
from scripts.processes import Process as AnyProcess
from tests.support.surroundings import clean_environment

STARTED: list["Process"] = []
"""All processes that are not stopped yet: their logs are shown when a test fails."""


class Process(AnyProcess):
    """A process that has no settings but those of the test, and has to end well when stopped."""

    descriptors: tuple[int, int] | None = None
    """Soft and hard limit from the next start on; None for the limits of the tests."""

    def start(self, ready: bool = True) -> None:
        assert not self.running, f"{self.name} runs already"
        STARTED.append(self)
        super().start(ready)

    def stop(self) -> None:
        """SIGTERM; the process must end in time, with status 0 and no traceback in its log."""
        assert self.running, f"{self.name} does not run"
        try:
            super().signal(signal.SIGTERM)
            status = self.wait_end()
        finally:
            self.kill()
        assert status == 0, f"{self.name} ended with status {status}:\n{self.log}"
        assert "Traceback" not in self.log, f"{self.name} logged a traceback:\n{self.log}"

    def wait_end(self, within_s: float = STOP_S) -> int:
        try:
            return super().wait_end(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end in {within_s} s:\n{self.log}") from None

    def kill(self) -> None:
        super().kill()
        if self in STARTED:
            STARTED.remove(self)

    def restart(self, ready: bool = True) -> None:
        """Stops the process, if it runs, and starts it again with the same addresses."""
        if self.running:
            self.stop()
        self.start(ready)

    def _command(self) -> list[str]:
        command = super()._command()
        if self.descriptors is None:
            return command
        soft, hard = self.descriptors
        return ["sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh", *command]

    def _environment(self) -> dict[str, str]:
        return clean_environment(self.settings)


class System(Processes):
    """A broker and gateways with a store of their own. `settings` go to all of them, `each` to the
    gateways one by one. Limits that hinder tests are off unless a test sets them."""

    broker: Process
    gateways: Sequence[Process]

    def __init__(
        self,
        folder: Path,
        gateways: int = 1,
        each: Sequence[Mapping[str, str]] = (),
        **settings: str,
    ) -> None:
        super().__init__(folder, gateways, {"HUBBUB_CROWD_JOINS": "100000", **settings})
        for gateway, own in zip(self.gateways, each, strict=False):
            gateway.settings.update(own)

    @property
    def processes(self) -> Sequence[Process]:
        return [self.broker, *self.gateways]

    @property
    def url(self) -> str:
        return self.gateways[0].url

    def __exit__(
        self,
        failed: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if failed is None:
            self.stop()
        else:
            self.kill()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self,
        failed: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.__exit__, failed, error, trace)

    def _make(self, module: str, name: str, port: int, settings: Mapping[str, str]) -> Process:
        return Process(module, name, self.folder, f"127.0.0.1:{port}", settings)
