"""scripts/delete.py: names the message it blanks and tells what became of it."""

import pytest

from common.messages import AnyAnswer, AnyCommand, Blank, Failed, Said
from tests.scripts.conftest import Run
from tests.support.fake_broker import broker_in_thread

pytestmark = pytest.mark.processes


def test_says_what_was_deleted(run_script: Run) -> None:
    def blank(command: AnyCommand) -> AnyAnswer:
        assert command == Blank(no=command.no, room="Lobby", seq=12)
        return Said(term=1, no=command.no, room="lobby", id="", seq=30, timestamp=1.8e9)

    with broker_in_thread(blank) as broker:
        done = run_script("delete", "Lobby", "12", broker=broker.endpoint)
    assert done.stdout == "deleted 12 in lobby, told there as number 30\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_no_such_message_is_one_line_and_status_1(run_script: Run) -> None:
    def refuse(command: AnyCommand) -> AnyAnswer:
        return Failed(term=1, no=command.no, code="no_such_event", message="no message 12 there")

    with broker_in_thread(refuse) as broker:
        done = run_script("delete", "lobby", "12", broker=broker.endpoint)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "delete: no message 12 there (no_such_event)\n"


@pytest.mark.parametrize("seq", ["0", "-3", "first", str(1 << 53)])
def test_a_seq_that_is_no_number_never_reaches_the_broker(run_script: Run, seq: str) -> None:
    done = run_script("delete", "lobby", seq, broker="tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "usage:" in done.stderr
