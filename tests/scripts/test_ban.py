"""scripts/ban.py: keeps a name's person out and lets them in again."""

import pytest

from common.messages import AnyAnswer, AnyCommand, Ban, Done, Failed
from tests.scripts.conftest import Run
from tests.support.fake_broker import broker_in_thread

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    ("arguments", "lift", "told"),
    [(["Ann"], False, "Ann is banned\n"), (["Ann", "--lift"], True, "Ann may come again\n")],
)
def test_says_what_was_done(run_script: Run, arguments: list[str], lift: bool, told: str) -> None:
    with broker_in_thread(lambda command: Done(term=1, no=command.no)) as broker:
        done = run_script("ban", *arguments, broker=broker.endpoint)
    assert (done.returncode, done.stdout, done.stderr) == (0, told, "")
    assert broker.commands == [Ban(no=2, user="Ann", lift=lift)]


def test_a_uid_may_be_given_instead(run_script: Run) -> None:
    with broker_in_thread(lambda command: Done(term=1, no=command.no)) as broker:
        done = run_script("ban", "--uid", "dWlk", broker=broker.endpoint)
    assert (done.returncode, done.stdout, done.stderr) == (0, "dWlk is banned\n", "")
    assert broker.commands == [Ban(no=2, uid="dWlk")]


@pytest.mark.parametrize("arguments", [[], ["ann", "--uid", "dWlk"]])
def test_one_of_the_two_is_given(run_script: Run, arguments: list[str]) -> None:
    done = run_script("ban", *arguments, broker="tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "usage" in done.stderr


def test_an_unknown_name_is_one_line_and_status_1(run_script: Run) -> None:
    def refuse(command: AnyCommand) -> AnyAnswer:
        return Failed(term=1, no=command.no, code="no_such_user", message="nobody is called 'x'")

    with broker_in_thread(refuse) as broker:
        done = run_script("ban", "x", broker=broker.endpoint)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "ban: nobody is called 'x' (no_such_user)\n"
