"""The system: a broker and gateways as real processes, on ports and in a folder of their own."""

import asyncio
import contextlib
import http.client
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.surroundings import (
    ROOT,
    clean_environment,
    free_port,
    need_tool,
    run_module,
)

__all__ = [
    "ROOT",
    "STARTED",
    "Process",
    "System",
    "clean_environment",
    "free_port",
    "need_tool",
    "run_module",
]

READY_S = 20.0
"""Time for a process to be ready, on a busy machine."""
STOP_S = 5.0
"""Time that the contract gives a process to end after SIGTERM."""
POLL_S = 0.02
STARTED: list["Process"] = []
"""All processes that are not stopped yet: their logs are shown when a test fails."""


class Process:
    """`python -m broker` or `python -m gateway`, answering HTTP at `http`."""

    def __init__(self, module: str, name: str, folder: Path, http: str, **settings: str) -> None:
        self.name = name
        self.http = http
        self.settings = dict(settings)
        self.descriptors: tuple[int, int] | None = None
        """Soft and hard limit from its next start on; None for those of the tests."""
        self._module = module
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.http}"

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self, ready: bool = True) -> Self:
        assert not self.running, f"{self.name} runs already"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                cwd=ROOT,
                env=clean_environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=None if self.descriptors is None else self._limit,
            )
        STARTED.append(self)
        if ready:
            self.wait_ready()
        return self

    def _limit(self) -> None:
        assert self.descriptors is not None
        resource.setrlimit(resource.RLIMIT_NOFILE, self.descriptors)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; status 0 while nobody listens."""
        connection = http.client.HTTPConnection(self.http, timeout=2)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def wait_ready(self, status: int = 200, within: float = READY_S) -> None:
        """Until /readyz answers this status."""
        end = time.monotonic() + within
        last = 0
        while time.monotonic() < end:
            assert self.running, f"{self.name} ended while it was waited for:\n{self.log}"
            last, _ = self.get("/readyz")
            if last == status:
                return
            time.sleep(POLL_S)
        raise AssertionError(
            f"{self.name}: /readyz is {last}, not {status}, after {within} s:\n{self.log}"
        )

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def wait_end(self, within: float = STOP_S) -> int:
        """Its exit status."""
        assert self._process is not None, f"{self.name} was not started"
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end in {within} s:\n{self.log}") from None

    def stop(self) -> None:
        """SIGTERM; must end in time, with status 0 and nothing ugly in its log."""
        try:
            self.signal(signal.SIGTERM)
            status = self.wait_end()
        finally:
            self.kill()
        assert status == 0, f"{self.name} ended with status {status}:\n{self.log}"
        assert "Traceback" not in self.log, f"{self.name} logged a traceback:\n{self.log}"

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(STOP_S)
        if self in STARTED:
            STARTED.remove(self)

    def restart(self, ready: bool = True) -> None:
        """Stops it in order, if it runs, and starts it again with the same addresses."""
        if self.running:
            self.stop()
        self.start(ready)


class System:
    """A broker and gateways with a store of their own. `settings` go to all of them, `each` to the
    gateways one by one. Limits that hinder tests are off unless a test sets them."""

    def __init__(
        self,
        folder: Path,
        gateways: int = 1,
        each: Sequence[Mapping[str, str]] = (),
        **settings: str,
    ) -> None:
        self.folder = folder
        commands, events, http = free_port(), free_port(), free_port()
        self.settings = {
            "HUBBUB_BIND": f"tcp://127.0.0.1:{commands}",
            "HUBBUB_EVENTS_BIND": f"tcp://127.0.0.1:{events}",
            "HUBBUB_BROKER_HTTP": f"127.0.0.1:{http}",
            "HUBBUB_BROKER": f"tcp://127.0.0.1:{commands}",
            "HUBBUB_STORE": f"sqlite:{folder / 'hubbub.db'}",
            "HUBBUB_MESSAGE_RATE": "0",
            "HUBBUB_CROWD_JOINS": "100000",
            **settings,
        }
        self.broker = Process("broker", "broker", folder, f"127.0.0.1:{http}", **self.settings)
        self.gateways = []
        for number in range(gateways):
            port = free_port()
            own = {**self.settings, "PORT": str(port), **(each[number] if each else {})}
            self.gateways.append(
                Process("gateway", f"gateway-{number}", folder, f"127.0.0.1:{port}", **own)
            )

    @property
    def processes(self) -> list[Process]:
        return [self.broker, *self.gateways]

    @property
    def url(self) -> str:
        return self.gateways[0].url

    @property
    def urls(self) -> list[str]:
        return [gateway.url for gateway in self.gateways]

    def start(self) -> Self:
        try:
            for process in self.processes:
                process.start(ready=False)
            for process in self.processes:
                process.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Gateways first; all are ended even if one fails to end well."""
        try:
            with contextlib.ExitStack() as stack:
                for process in self.processes:
                    if process.running:
                        stack.callback(process.stop)
        finally:
            self.kill()

    def kill(self) -> None:
        for process in self.processes:
            process.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is None:
            self.stop()
        else:
            self.kill()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(self, failed: type[BaseException] | None, *_: object) -> None:
        await asyncio.to_thread(self.__exit__, failed)
