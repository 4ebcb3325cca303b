"""A broker and gateways as processes of our own, on free ports, with a store in a folder.

The soak harms them, the benchmarks measure them, and tests/support/system.py asks more of them.
"""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
READY_S = 30.0
"""Time for a process to be ready, on a busy machine."""
POLL_S = 0.02
"""Time between two questions whether a process is ready."""
ANSWER_S = 2.0
"""Time for a process to answer an HTTP request."""
STOP_S = 5.0
"""Time that a process is given to end after SIGTERM."""
LOG_CHARS = 2000
"""The part of a log that an error quotes."""
PORTS = range(20_000, 32_000)
"""Below the ports that the kernel gives to outgoing connections: such a connection would take the
port of a process that is dead for a moment."""

_claims: list[socket.socket] = []
"""One UDP socket for each port that `free_port` has given out, for as long as this process runs."""


class StartError(Exception):
    """A process did not start; the message has the end of its log."""


class Process:
    """One `python -m broker` or `python -m gateway`, which answers HTTP at `http` ("host:port").
    Each start uses the same addresses; `settings` may be changed before the next one."""

    def __init__(
        self, module: str, name: str, folder: Path, http: str, settings: Mapping[str, str]
    ) -> None:
        self.module = module
        self.name = name
        self.http = http
        self.settings = dict(settings)
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.http}"

    @property
    def pid(self) -> int:
        """Raises StartError if the process was never started."""
        return self._started.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """All that its runs have logged."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self, ready: bool = True) -> None:
        """Waits until /readyz answers 200 if `ready`; raises StartError if it does not."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if ready:
            self.wait_ready()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of an HTTP request; status 0 while nobody answers."""
        connection = http.client.HTTPConnection(self.http, timeout=ANSWER_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def wait_ready(self, status: int = 200, within_s: float = READY_S) -> None:
        """Waits until /readyz answers `status`. Raises StartError if it does not in time."""
        end = time.monotonic() + within_s
        last = 0
        while time.monotonic() < end and self.running:
            last, _ = self.get("/readyz")
            if last == status:
                return
            time.sleep(POLL_S)
        state = f"/readyz is {last}, not {status}" if self.running else "it ended"
        raise StartError(f"{self.name} is not ready, {state}: {self.log[-LOG_CHARS:]}")

    def wait_end(self, within_s: float = STOP_S) -> int:
        """Returns the exit status. Raises subprocess.TimeoutExpired."""
        return self._started.wait(within_s)

    def signal(self, number: signal.Signals) -> None:
        """Does nothing if the process has ended."""
        if self.running:
            self._started.send_signal(number)

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, if the process runs."""
        if self.running:
            self._started.kill()
            self._started.wait(STOP_S)

    def stop(self) -> None:
        """SIGTERM; SIGKILL if that does not end the process in time."""
        self.signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired, StartError):
            self.wait_end()
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

    def _command(self) -> list[str]:
        return [sys.executable, "-m", self.module]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.settings}

    @property
    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise StartError(f"{self.name} was not started")
        return self._process


class Processes:
    """A broker and gateways: enter it to start all and wait until they are ready, leave it to stop
    them. `settings` (HUBBUB_*) go to all of them, and replace those that are made here."""

    def __init__(
        self, folder: Path, gateways: int, settings: Mapping[str, str] | None = None
    ) -> None:
        commands, events, http, *ports = (free_port() for _ in range(3 + gateways))
        self.folder = folder
        self.endpoint = f"tcp://127.0.0.1:{commands}"
        self.settings = {
            "HUBBUB_BIND": self.endpoint,
            "HUBBUB_EVENTS_BIND": f"tcp://127.0.0.1:{events}",
            "HUBBUB_BROKER": self.endpoint,
            "HUBBUB_BROKER_HTTP": f"127.0.0.1:{http}",
            "HUBBUB_STORE": f"sqlite:{folder / 'hubbub.db'}",
            "HUBBUB_MESSAGE_RATE": "0",
            **(settings or {}),
        }
        self.broker = self._make("broker", "broker", http, self.settings)
        self.gateways: Sequence[Process] = [
            self._make("gateway", f"gateway-{number}", port, {**self.settings, "PORT": str(port)})
            for number, port in enumerate(ports)
        ]
        self.peaks_mib: dict[str, float] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        failed: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def processes(self) -> Sequence[Process]:
        return [self.broker, *self.gateways]

    @property
    def urls(self) -> list[str]:
        return [gateway.url for gateway in self.gateways]

    def start(self) -> None:
        """Raises StartError if one of them is not ready in time; then none is left running."""
        try:
            for process in self.processes:
                process.start(ready=False)
            for process in self.processes:
                process.wait_ready()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stops gateways first; all are ended even if one fails to end well."""
        with ExitStack() as stack:
            for process in self.processes:
                stack.callback(process.kill)
                if process.running:
                    stack.callback(process.stop)

    def kill(self) -> None:
        for process in self.processes:
            process.kill()

    def look(self) -> None:
        """Notes the memory that each has used at its highest."""
        for process in self.processes:
            peak = max(self.peaks_mib.get(process.name, 0.0), process.peak_mib())
            self.peaks_mib[process.name] = peak

    def _make(self, module: str, name: str, port: int, settings: Mapping[str, str]) -> Process:
        return Process(module, name, self.folder, f"127.0.0.1:{port}", settings)


def free_port(host: str = "127.0.0.1") -> int:
    """A port on which no process listens, and which no process that runs was given. Raises
    StartError."""
    for _ in range(1000):
        port = random.choice(PORTS)
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            # UDP's ports are not TCP's: this socket only tells other processes that it is taken.
            claim.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind((host, port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port
    raise StartError(f"no free port between {PORTS.start} and {PORTS.stop}")
