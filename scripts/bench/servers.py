"""The servers that are measured: Hubbub and its peers. Each runs as long as its `with` block."""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from common.descriptors import raise_descriptor_limit
from scripts.processes import ROOT, Processes, free_port

HERE = Path(__file__).resolve().parent
READY_S = 30.0
INSTALL_S = 180.0
END_S = 5.0


class Missing(Exception):
    """This peer cannot be run on this machine; the message says why."""


class Server(Struct, frozen=True):
    """A running server: its address, and the processes whose CPU counts."""

    name: str
    urls: list[str]
    pids: list[int]
    broker_http: str = ""
    """The host:port of the broker's metrics, if this is Hubbub."""


@contextmanager
def hubbub_system(gateways: int = 1, **settings: str) -> Iterator[Processes]:
    """A broker and gateways, ready, with rate limits that hold nobody back; `settings` override
    them."""
    raise_descriptor_limit()
    given = {"HUBBUB_LEASE": "15", "HUBBUB_LOG": "WARNING", **settings}
    with (
        tempfile.TemporaryDirectory(prefix="hubbub-bench-") as folder,
        Processes(Path(folder), gateways, given) as system,
    ):
        yield system


@contextmanager
def hubbub() -> Iterator[Server]:
    with hubbub_system() as system:
        pids = [system.broker.pid, *(gateway.pid for gateway in system.gateways)]
        yield Server("hubbub", system.urls, pids, system.broker.http)


@contextmanager
def floor() -> Iterator[Server]:
    """The server written in C. Raises Missing without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise Missing("no C compiler")
    with tempfile.TemporaryDirectory(prefix="hubbub-floor-") as folder:
        program = f"{folder}/floor"
        subprocess.run([compiler, "-O2", str(HERE / "floor.c"), "-o", program], check=True)
        with _run("floor", [program]) as server:
            yield server


@contextmanager
def stock() -> Iterator[Server]:
    with _run("stock", [sys.executable, "-m", "scripts.bench.stock"]) as server:
        yield server


@contextmanager
def node() -> Iterator[Server]:
    """Socket.IO on Node, installed for the run. Raises Missing."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Missing("no node and npm")
    with tempfile.TemporaryDirectory(prefix="hubbub-node-") as folder:
        _install(["npm", "install", "--no-audit", "--no-fund", "socket.io@4"], folder)
        with _run("node", ["node", str(HERE / "node_server.mjs")], folder) as server:
            yield server


@contextmanager
def uws() -> Iterator[Server]:
    """uWebSockets, installed for the run. Raises Missing."""
    with tempfile.TemporaryDirectory(prefix="hubbub-uws-") as folder:
        venv.create(folder, with_pip=True)
        _install([f"{folder}/bin/pip", "install", "-q", "socketify"], folder)
        command = [f"{folder}/bin/python", str(HERE / "uws_server.py")]
        with _run("uws", command, folder) as server:
            yield server


def _install(command: list[str], folder: str) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S
        )
    except subprocess.TimeoutExpired:
        raise Missing(f"{' '.join(command[:2])} took too long") from None
    if done.returncode:
        raise Missing(f"{' '.join(command[:2])} failed: {done.stderr.strip()[-300:]}")


@contextmanager
def _run(name: str, command: list[str], folder: str | Path = ROOT) -> Iterator[Server]:
    """A program that takes a port and prints "ready". Raises Missing if it does not."""
    raise_descriptor_limit()
    port = free_port()
    with subprocess.Popen(
        [*command, str(port)],
        cwd=folder,
        env={**os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None, "it is piped"
            if "ready" not in process.stdout.readline():
                raise Missing(f"{name} did not start; its output above says why")
            yield Server(name, [f"http://127.0.0.1:{port}"], [process.pid])
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
