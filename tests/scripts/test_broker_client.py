"""A script's talk with the broker: an answer, a refusal or a clear error, always in time."""

import socket
import time
from collections.abc import Callable

import msgspec
import pytest

from common.errors import Refused
from common.messages import AnyAnswer, AnyCommand, Ban, Done, Failed
from common.settings import Settings
from scripts.broker_client import Unanswered, ask
from tests.support.fake_broker import broker_in_thread


def ban(no: int) -> Ban:
    return Ban(no=no, user="ann")


def at(endpoint: str) -> Settings:
    return msgspec.structs.replace(Settings(), broker=endpoint)


def test_the_answer_comes_back() -> None:
    with broker_in_thread(lambda command: Done(term=1, no=command.no)) as broker:
        assert ask(at(broker.endpoint), ban) == Done(term=1, no=2)
        assert broker.commands == [Ban(no=2, user="ann")]


def test_a_refusal_is_told_at_once() -> None:
    def refuse(command: AnyCommand) -> AnyAnswer:
        return Failed(term=1, no=command.no, code="no_such_user", message="nobody is called ann")

    with (
        broker_in_thread(refuse) as broker,
        pytest.raises(Refused, match="nobody is called ann"),
    ):
        ask(at(broker.endpoint), ban)
    assert len(broker.commands) == 1


def test_a_command_whose_outcome_is_unknown_is_sent_again() -> None:
    answers: list[Callable[[int], AnyAnswer]] = [
        lambda no: Failed(term=1, no=no, code="unavailable", message="the store did not tell"),
        lambda no: Done(term=2, no=no),
    ]
    with broker_in_thread(lambda command: answers.pop(0)(command.no)) as broker:
        assert ask(at(broker.endpoint), ban) == Done(term=2, no=2)
        assert len(broker.commands) == 2


def test_an_outcome_that_stays_unknown_is_told_as_unknown() -> None:
    def unknown(command: AnyCommand) -> AnyAnswer:
        return Failed(term=1, no=command.no, code="unavailable", message="the disk is full")

    with broker_in_thread(unknown) as broker, pytest.raises(Refused, match="the disk is full"):
        ask(at(broker.endpoint), ban, wait_s=0.5)


def test_a_lost_command_is_sent_again() -> None:
    answers = [lambda no: None, lambda no: Done(term=1, no=no)]
    with broker_in_thread(lambda command: answers.pop(0)(command.no)) as broker:
        assert ask(at(broker.endpoint), ban) == Done(term=1, no=2)
        assert len(broker.commands) == 2


def test_no_word_on_the_command_is_told_apart_from_no_broker() -> None:
    with (
        broker_in_thread(lambda command: None) as broker,
        pytest.raises(Unanswered, match="has not said whether it was done"),
    ):
        ask(at(broker.endpoint), ban, wait_s=0.3)


def test_a_broker_that_is_away_is_a_clear_error_in_time() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        endpoint = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(Unanswered, match=f"no answer from the broker at {endpoint}"):
            ask(at(endpoint), ban, wait_s=0.3)
        assert time.monotonic() - began < 1
