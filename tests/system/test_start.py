"""`./scripts/start`: the README's command, with three gateways, until Ctrl-C."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from scripts.processes import POLL_S, READY_S, ROOT, free_port
from tests.support.surroundings import clean_environment
from tests.support.system import Process, System


def three_free_ports() -> int:
    """Finds three neighbouring free ports; returns the first of them."""
    for _ in range(100):
        first = free_port()
        with contextlib.suppress(OSError):
            for port in (first + 1, first + 2):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
    raise RuntimeError("no three free ports side by side")


class Started:
    """The command, running in a session of its own, as in a terminal."""

    def __init__(self, folder: Path, *args: str) -> None:
        self._log = folder / "start.log"
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                ["./scripts/start", *args],
                cwd=ROOT,
                env=clean_environment(System(folder).settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_ready(self, port: int) -> str:
        """Waits until the gateway at this port is ready; returns its URL."""
        gateway = Process("gateway", f"port-{port}", self._log.parent, f"127.0.0.1:{port}", {})
        end = time.monotonic() + READY_S + 20
        while gateway.get("/readyz")[0] != 200:
            assert self._process.poll() is None, self.log
            assert time.monotonic() < end, self.log
            time.sleep(POLL_S)
        return gateway.url

    def ctrl_c(self) -> int:
        """Sends SIGINT to all processes of the command, as a terminal does; returns its status."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(10)

    def kill(self) -> None:
        """Kills the command, and the processes that it says it started, if it still runs."""
        if self._process.poll() is None:
            for pid in [*re.findall(r"started \(pid=(\d+)\)", self.log), self._process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            self._process.wait(5)


@pytest.mark.timeout(90)
async def test_three_gateways_start_with_one_command_and_stop_by_ctrl_c(
    tmp_path: Path, visit, name, room
) -> None:
    port = three_free_ports()
    started = Started(tmp_path, "-p", str(port), "-c", "gateway=3")
    try:
        urls = [await asyncio.to_thread(started.wait_ready, port + n) for n in range(3)]
        people = [await visit(url, name(f"p{n}"), room) for n, url in enumerate(urls)]
        await people[0].say(room, "hello from the first")
        for person in people:
            await person.hears_text("hello from the first")
        assert re.search(rf"(127\.0\.0\.1|localhost):{port}", started.log), started.log
        began = time.monotonic()
        status = await asyncio.to_thread(started.ctrl_c)
        assert time.monotonic() - began < 5.5, started.log
        assert status in (0, 130), started.log
        assert "Traceback" not in started.log, started.log
        assert "SIGKILL" not in started.log, started.log
        ends = re.findall(r"stopped \(rc=(-?\d+)\)", started.log)
        assert set(ends) <= {"0", "-15", "143"}, started.log
    finally:
        await asyncio.to_thread(started.kill)
