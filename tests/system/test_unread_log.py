"""The log goes into a pipe that is full and that nobody reads: both processes serve and end."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from scripts.processes import ROOT
from tests.support.surroundings import clean_environment
from tests.support.system import Process, System


@contextmanager
def full_pipe() -> Iterator[int]:
    """The end to write to, which blocks whoever does."""
    to_read, to_write = os.pipe()
    os.set_blocking(to_write, False)
    with suppress(BlockingIOError):
        while True:
            os.write(to_write, b"x" * 4096)
    with suppress(BlockingIOError):
        while True:
            os.write(to_write, b"x")
    os.set_blocking(to_write, True)
    try:
        yield to_write
    finally:
        os.close(to_read)
        os.close(to_write)


def start(process: Process, module: str, log: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=clean_environment({**process.settings, "HUBBUB_LOG": "DEBUG"}),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


async def test_a_log_that_nobody_reads_stops_no_process(tmp_path: Path, visit, name, room) -> None:
    system = System(tmp_path)
    with full_pipe() as log, ExitStack() as stack:
        started = []
        for process, module in zip(system.processes, ("broker", "gateway"), strict=True):
            process._process = start(process, module, log)
            started.append(process._process)
            stack.callback(process.kill)
        for process in system.processes:
            await asyncio.to_thread(process.wait_ready)
        ann, bob = [await visit(system.url, name(n), room) for n in ("ann", "bob")]
        await ann.say(room, "nobody reads the log")
        await bob.hears_text("nobody reads the log")
        for one in reversed(started):
            one.terminate()
            assert await asyncio.to_thread(one.wait, 5) == 0
