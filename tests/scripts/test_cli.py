"""scripts/cli.py: a script tells what it has done, wherever its output goes, and its status tells
whether it was done."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from common.messages import Announce, AnyAnswer, AnyCommand, Ban, Done, Said
from scripts.cli import text
from tests.support.fake_broker import broker_in_thread

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
SAID = "Grüße 😀"
LOCALES = (
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "ascii:strict"},
    {"PYTHONIOENCODING": "latin-1"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LANG": "C", "LC_ALL": "POSIX"},
)


def answer(command: AnyCommand) -> AnyAnswer:
    if isinstance(command, Ban):
        return Done(term=1, no=command.no)
    return Said(term=1, no=command.no, room="lobby", id="x", seq=7, timestamp=1.8e9)


def run(
    script: str, *arguments: str, stdout: int, stderr: int = subprocess.PIPE, **environ: str
) -> "subprocess.CompletedProcess[bytes]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HUBBUB_", "LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-m", f"scripts.{script}", *arguments],
        cwd=ROOT,
        env={**kept, "TZ": "UTC", **environ},
        stdout=stdout,
        stderr=stderr,
        timeout=30,
    )


@pytest.mark.parametrize("locale", LOCALES, ids=str)
def test_what_the_terminal_has_not_is_escaped_and_the_text_arrives(locale: dict[str, Any]) -> None:
    with broker_in_thread(answer) as broker:
        done = run(
            "announce", SAID, stdout=subprocess.PIPE, HUBBUB_BROKER=broker.endpoint, **locale
        )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"announced in lobby as number 7: Gr" in done.stdout
    (command,) = broker.commands
    assert isinstance(command, Announce)
    assert command.text == SAID


def full(stack: ExitStack) -> int:
    return stack.enter_context(open("/dev/full", "wb")).fileno()


def closed(stack: ExitStack) -> int:
    """The end of a pipe whose reader is gone."""
    to_read, to_write = os.pipe()
    os.close(to_read)
    stack.callback(os.close, to_write)
    return to_write


@pytest.mark.parametrize("output", [full, closed])
@pytest.mark.parametrize(
    "arguments",
    [["announce", SAID], ["delete", "lobby", "7"], ["ban", "ann"]],
    ids=lambda arguments: arguments[0],
)
def test_what_was_done_is_told_to_stderr_where_stdout_takes_nothing(
    arguments: list[str], output: Callable[[ExitStack], int]
) -> None:
    with ExitStack() as stack, broker_in_thread(answer) as broker:
        done = run(*arguments, stdout=output(stack), HUBBUB_BROKER=broker.endpoint)
        assert done.returncode == 0
        assert b"standard output takes nothing" in done.stderr
        told = {"announce": b"announced in", "delete": b"deleted 7", "ban": b"ann is banned"}
        assert told[arguments[0]] in done.stderr
        assert b"Traceback" not in done.stderr
        # The status is right where no output can be written at all.
        nobody = output(stack)
        done = run(*arguments, stdout=nobody, stderr=nobody, HUBBUB_BROKER=broker.endpoint)
        assert done.returncode == 0
    assert len(broker.commands) == 2


def test_a_closed_stdout_is_no_failure(tmp_path: Path) -> None:
    """The output is closed, as after `>&-` in a shell."""
    with broker_in_thread(answer) as broker:
        done = subprocess.run(
            ["/bin/sh", "-c", f"exec {sys.executable} -m scripts.announce hi >&-"],
            cwd=ROOT,
            env={**os.environ, "HUBBUB_BROKER": broker.endpoint},
            stderr=subprocess.PIPE,
            timeout=30,
        )
    assert (done.returncode, b"announced in lobby" in done.stderr) == (0, True)


@pytest.mark.parametrize("script", ["keys", "backup", "restore", "load", "soak", "bench", "health"])
def test_no_script_fails_in_a_closed_pipe(script: str) -> None:
    with ExitStack() as stack:
        done = run(script, "--help", stdout=closed(stack))
    assert b"usage" in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0


def test_keys_that_were_made_are_told(tmp_path: Path) -> None:
    with ExitStack() as stack:
        done = run("keys", "host-b", stdout=full(stack), HUBBUB_KEYS=str(tmp_path / "keys"))
    assert (done.returncode, b"host-b.key: made" in done.stderr) == (0, True)


def test_a_result_that_nobody_gets_is_a_failure() -> None:
    code = "from scripts import cli; cli.end(lambda _: print('42') or 0, output_is_the_result=True)"
    with ExitStack() as stack:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, stdout=full(stack), stderr=subprocess.PIPE
        )
    assert (done.returncode, b"42" in done.stderr) == (1, True)


def test_ctrl_c_prints_one_word() -> None:
    code = "from scripts import cli\ndef main(_): raise KeyboardInterrupt\ncli.end(main)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stderr) == (130, b"stopped\n")


def test_an_argument_is_text_if_it_can_be() -> None:
    assert text("Grüße") == "Grüße"
    assert text(os.fsdecode("Grüße".encode())) == "Grüße"
    assert text("\udcff") == "\udcff"
