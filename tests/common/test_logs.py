"""common/logs.py: logging never waits for a reader of the log."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from common.logs import LINE_BYTES, WAITING_LINES, LogWriter

LINES = 3 * WAITING_LINES


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    logging.getLogger("test").handlers.clear()
    for descriptor in ends:
        with suppress(OSError):
            os.close(descriptor)


def logger_to(descriptor: int) -> tuple[logging.Logger, LogWriter]:
    writer = LogWriter(descriptor)
    logger = logging.Logger("test")
    logger.addHandler(writer)
    return logger, writer


def read(descriptor: int, until: bytes) -> bytes:
    text = b""
    while until not in text:
        text += os.read(descriptor, 1 << 16)
    return text


def test_lines_are_in_order_with_time_and_level(pipe: tuple[int, int]) -> None:
    logger, writer = logger_to(pipe[1])
    logger.warning("first %s", "Grüße \udcff")
    logger.info("second")
    writer.flush()
    first, second = os.read(pipe[0], 1 << 16).decode().splitlines()
    assert first.endswith(r"WARNING test: first Grüße \udcff")
    assert second.endswith("INFO test: second")


@pytest.mark.parametrize("blocking", [True, False])
def test_a_pipe_that_nobody_reads_does_not_block_the_process(
    pipe: tuple[int, int], blocking: bool
) -> None:
    os.set_blocking(pipe[1], blocking)
    logger, _ = logger_to(pipe[1])
    began = time.monotonic()
    for number in range(LINES):
        logger.warning("%d %s", number, "x" * 200)
    assert time.monotonic() - began < 2
    # When the pipe is read again, the log says how many lines are missing.
    text = b""
    while text.count(b"WARNING") < WAITING_LINES:
        text += os.read(pipe[0], 1 << 16)
    logger.warning("after")
    text += read(pipe[0], b"after\n")
    lost = [int(line.split()[0]) for line in text.splitlines() if b"are lost" in line]
    assert text.count(b"WARNING") + sum(lost) == LINES + 1
    assert sum(lost) >= LINES - 2 * WAITING_LINES


def test_a_closed_pipe_does_not_block_the_process(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    logger, writer = logger_to(pipe[1])
    for _ in range(10):
        logger.warning("to nobody")
    writer.flush()


def test_a_line_is_bounded_and_a_bad_format_is_reported(pipe: tuple[int, int]) -> None:
    logger, writer = logger_to(pipe[1])
    logger.warning("x" * (1 << 20))
    assert len(read(pipe[0], b"\n")) == LINE_BYTES + 1
    logger.warning("%d", "no number")
    assert b"cannot be formatted" in read(pipe[0], b"\n")
    writer.flush()


def test_a_process_ends_in_time_though_nobody_reads_its_log() -> None:
    code = (
        "import logging; from common.logs import start_log; start_log('info')\n"
        "for n in range(5000): logging.info('x' * 100)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) as process:
        began = time.monotonic()
        assert process.wait(20) == 0
        assert time.monotonic() - began < 10


def test_what_was_logged_last_is_written_before_the_end() -> None:
    code = (
        "import logging; from common.logs import start_log; start_log('info')\n"
        "for n in range(500): logging.info('line %d', n)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert done.stderr.count("\n") == 500
    assert done.stderr.endswith("line 499\n")
