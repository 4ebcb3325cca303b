"""scripts/announce.py: what was accepted is printed, and only then is the exit status 0."""

import socket
import time

import pytest

from common.messages import Announce, AnyAnswer, AnyCommand, Failed, Said
from tests.scripts.conftest import Run
from tests.support.fake_broker import broker_in_thread

pytestmark = pytest.mark.processes


def accept(command: AnyCommand) -> AnyAnswer:
    assert isinstance(command, Announce)
    room = command.room or "system"
    return Said(term=1, no=command.no, room=room, id=command.id, seq=7, timestamp=1.8e9)


@pytest.mark.parametrize(
    ("arguments", "room"),
    [(["Maintenance at noon"], "system"), (["Tea", "--room", "lobby"], "lobby")],
)
def test_says_what_was_accepted(run_script: Run, arguments: list[str], room: str) -> None:
    with broker_in_thread(accept) as broker:
        done = run_script("announce", *arguments, broker=broker.endpoint)
    said = f"announced in {room} as number 7: {arguments[0]}"
    assert done.stdout == f"2027-01-15 08:00:00 UTC: {said}\n"
    assert (done.returncode, done.stderr) == (0, "")
    (command,) = broker.commands
    assert isinstance(command, Announce)
    assert command.text == arguments[0]


def test_a_retry_carries_the_same_id(run_script: Run) -> None:
    def lose_the_first(command: AnyCommand) -> AnyAnswer | None:
        return None if len(broker.commands) == 1 else accept(command)

    with broker_in_thread(lose_the_first) as broker:
        assert run_script("announce", "once", broker=broker.endpoint).returncode == 0
    first, second = broker.commands
    assert first == second
    assert isinstance(first, Announce)
    assert first.id


def test_a_refusal_is_one_line_and_status_1(run_script: Run) -> None:
    def refuse(command: AnyCommand) -> AnyAnswer:
        return Failed(term=1, no=command.no, code="no_such_room", message="there is no room 'x'")

    with broker_in_thread(refuse) as broker:
        done = run_script("announce", "hi", "--room", "x", broker=broker.endpoint)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "announce: there is no room 'x' (no_such_room)\n"


def test_no_broker_is_one_line_within_5_s(run_script: Run) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        began = time.monotonic()
        port = nobody.getsockname()[1]
        done = run_script("announce", "hi", broker=f"tcp://127.0.0.1:{port}")
        assert time.monotonic() - began < 5
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("announce: no answer from the broker at tcp://127.0.0.1:")
    assert done.stderr.count("\n") == 1


def test_a_setting_that_cannot_be_used_is_one_line(run_script: Run) -> None:
    done = run_script("announce", "hi", broker="localhost:5555")
    assert (done.returncode, done.stdout) == (1, "")
    assert "HUBBUB_BROKER is 'localhost:5555'" in done.stderr
    assert done.stderr.count("\n") == 1
