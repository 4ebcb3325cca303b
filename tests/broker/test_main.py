import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.broker_peer import Peer

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """`start(HUBBUB_BIND=…)` starts a broker process with sockets in the test's own folder."""
    started: list[subprocess.Popen[str]] = []
    outside = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_") and k != "PORT"}

    def begin(**given: str) -> "subprocess.Popen[str]":
        environ = {
            **outside,
            "HUBBUB_BIND": f"ipc://{tmp_path}/c",
            "HUBBUB_EVENTS_BIND": f"ipc://{tmp_path}/e",
            "HUBBUB_BROKER_HTTP": "",
            "HUBBUB_STORE": f"sqlite:{tmp_path}/hubbub.db",
            **given,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "broker"],
            cwd=ROOT,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def failure(process: "subprocess.Popen[str]") -> str:
    """The one line that a process prints which could not start."""
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert err.count("\n") == 1, err
    assert err.startswith("broker: ")
    return err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_stops_a_broker_cleanly(start: Start, tmp_path: Path, number: int) -> None:
    process = start()
    async with Peer(f"ipc://{tmp_path}/c") as peer:
        welcome = await peer.hello()
        assert welcome.events == f"ipc://{tmp_path}/e"
        await peer.join("ann")
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert time.monotonic() - began < 5
    assert f"commands at ipc://{tmp_path}/c" in err
    assert "hubbub.db-wal" not in os.listdir(tmp_path)


async def test_a_killed_broker_has_lost_no_acked_message(start: Start, tmp_path: Path) -> None:
    process = start()
    async with Peer(f"ipc://{tmp_path}/c") as peer:
        first = await peer.hello()
        await peer.join("ann")
        said = await peer.say("kept", "x")
    process.kill()
    process.wait()
    start()
    async with Peer(f"ipc://{tmp_path}/c") as peer:
        assert (await peer.hello()).term > first.term
        assert (await peer.say("kept", "x")).seq == said.seq


def test_a_busy_port_is_one_line(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        assert endpoint in failure(start(HUBBUB_BIND=endpoint))
        assert endpoint in failure(start(HUBBUB_EVENTS_BIND=endpoint))
        assert "HUBBUB_BROKER_HTTP" in failure(start(HUBBUB_BROKER_HTTP=endpoint[6:]))


def test_bad_settings_are_one_line(start: Start, tmp_path: Path) -> None:
    assert "HUBBUB_WHAT" in failure(start(HUBBUB_WHAT="1"))
    assert "HUBBUB_STORE" in failure(start(HUBBUB_STORE="mysql://x"))
    assert "HUBBUB_KEYS" in failure(start(HUBBUB_KEYS=str(tmp_path / "none")))
    assert "HUBBUB_LOG" in failure(start(HUBBUB_LOG="loud"))


def test_a_bad_store_is_one_line(start: Start, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    err = failure(start(HUBBUB_STORE=f"sqlite:{tmp_path}/theirs.db"))
    assert "another program" in err


async def test_a_second_broker_on_the_store_is_one_line(start: Start, tmp_path: Path) -> None:
    start()
    async with Peer(f"ipc://{tmp_path}/c") as peer:
        await peer.hello()
        second = start(
            HUBBUB_BIND=f"ipc://{tmp_path}/c2", HUBBUB_EVENTS_BIND=f"ipc://{tmp_path}/e2"
        )
        assert "another process has it" in failure(second)


def test_public_endpoints_are_refused_without_keys(start: Start) -> None:
    for name in ("HUBBUB_BIND", "HUBBUB_EVENTS_BIND"):
        err = failure(start(**{name: "tcp://0.0.0.0:0"}))
        assert name in err
        assert "HUBBUB_INSECURE" in err


async def test_public_endpoints_are_allowed_on_demand(start: Start) -> None:
    process = start(
        HUBBUB_BIND="tcp://0.0.0.0:0", HUBBUB_EVENTS_BIND="tcp://*:0", HUBBUB_INSECURE="1"
    )
    assert process.stderr is not None
    assert "commands at tcp://0.0.0.0:" in process.stderr.readline()
