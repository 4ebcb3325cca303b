"""The processes: a broker and gateways of our own, to be harmed."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from common.addresses import split
from scripts.health import ask

ROOT = Path(__file__).resolve().parent.parent
READY_S = 30.0
LOOK_S = 0.05
END_S = 5.0
LEASE_S = "3"
"""Short, so that a process that is stopped for a while outlasts it."""


class StartError(Exception):
    """A process did not start; the message has the end of its log."""


class Process:
    """One `python -m broker` or `python -m gateway`, started again with the same addresses."""

    def __init__(self, module: str, name: str, log: Path, http: str, settings: dict[str, str]):
        self.name = name
        self.http = http
        self._module = module
        self._log = log
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, ready: bool = True) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module],
                cwd=ROOT,
                env={**os.environ, **self._settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if ready:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Raises StartError."""
        end = time.monotonic() + READY_S
        while time.monotonic() < end and self._running:
            if ask(*split(self.http), "/readyz")[0] == 200:
                return
            time.sleep(LOOK_S)
        raise StartError(f"{self.name} is not ready: {self._log.read_text()[-2000:]}")

    @property
    def pid(self) -> int:
        """Raises StartError if it was never started."""
        if self._process is None:
            raise StartError(f"{self.name} is not running")
        return self._process.pid

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(END_S)

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """SIGTERM; killed if that does not end it in time."""
        try:
            self._signal(signal.SIGTERM)
            if self._process is not None:
                self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def peak_mib(self) -> float:
        """Resident memory at its highest in this run; 0 where that cannot be known."""
        if self._process is None:
            return 0.0
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return 0.0
        kib = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(kib[0]) / 1024 if kib else 0.0

    @property
    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _signal(self, number: signal.Signals) -> None:
        if self._running and self._process is not None:
            self._process.send_signal(number)


class Processes:
    """A system with its store in a folder; enter it to start all, leave it to end all. `settings`
    are HUBBUB_* over those that it makes itself."""

    def __init__(
        self, folder: Path, gateways: int, settings: Mapping[str, str] | None = None
    ) -> None:
        commands, events, http, *ports = free_ports(3 + gateways)
        self.endpoint = f"tcp://127.0.0.1:{commands}"
        given = {
            "HUBBUB_BIND": self.endpoint,
            "HUBBUB_EVENTS_BIND": f"tcp://127.0.0.1:{events}",
            "HUBBUB_BROKER": self.endpoint,
            "HUBBUB_BROKER_HTTP": f"127.0.0.1:{http}",
            "HUBBUB_STORE": f"sqlite:{folder / 'hubbub.db'}",
            "HUBBUB_MESSAGE_RATE": "0",
            "HUBBUB_LEASE": LEASE_S,
            **(settings or {}),
        }
        self.broker = Process("broker", "broker", folder / "broker.log", f"127.0.0.1:{http}", given)
        self.gateways = [
            Process(
                "gateway",
                f"gateway {number}",
                folder / f"gateway-{number}.log",
                f"127.0.0.1:{port}",
                {**given, "PORT": str(port)},
            )
            for number, port in enumerate(ports)
        ]
        self.urls = [f"http://{gateway.http}" for gateway in self.gateways]
        self.peaks_mib: dict[str, float] = {}

    def __enter__(self) -> Self:
        for process in (self.broker, *self.gateways):
            process.start(ready=False)
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.gateways, self.broker):
            process.stop()

    def wait_ready(self) -> None:
        for process in (self.broker, *self.gateways):
            process.wait_ready()

    def look(self) -> None:
        """Notes the memory that each has used at its highest."""
        for process in (self.broker, *self.gateways):
            peak = max(self.peaks_mib.get(process.name, 0.0), process.peak_mib())
            self.peaks_mib[process.name] = peak


def free_ports(count: int) -> list[int]:
    """Below those that the kernel gives to outgoing connections, which would take the port of a
    process that is dead for a moment."""
    sockets: list[socket.socket] = []
    try:
        while len(sockets) < count:
            one = socket.socket()
            with suppress(OSError):
                one.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
                sockets.append(one)
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
