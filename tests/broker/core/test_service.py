"""broker/core/service.py, broker/core/questions.py: which questions a turn asks, and what
follows a failed commit.

broker/shell/server.py and broker/shell/committer.py drive it in test_server.py, the simulation in
tests/sim.
"""

import pytest

from broker.core.questions import CheckFiles, Learn, Probe, ReadState, Receive, Received
from broker.core.service import PROBE_S, Service
from broker.core.service_state import TRANSITIONS, ServiceEvent, ServiceState
from broker.effects import Send
from common.messages import WIRE, Announce, AnyAnswer, Failed, Hello
from common.settings import Settings
from common.transitions import ImpossibleTransition, follow
from tests.support.shelf import Shelf


class Driver:
    """Answers a service's questions. `asked` has the kinds of the questions of the last turn."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self.now = 100.0
        self.service = Service(Settings(), self.shelf.open(0.0), self.now)
        self.asked: list[str] = []
        self.why_not = ""

    def turn(self, *commands) -> None:
        self.asked = []
        turn = self.service.turn(self.now)
        question = next(turn, None)
        while question is not None:
            self.asked.append(type(question).__name__)
            try:
                question = turn.send(self._answer(question, commands))
            except StopIteration:
                break

    def _answer(self, question, commands) -> object:
        match question:
            case Receive():
                return Received([(b"p", one) for one in commands], self.now, 1.0)
            case Learn(needs):
                return self.shelf.learn(list(needs))
            case ReadState():
                return self.shelf.open(0.0)
            case Probe():
                return self.why_not
            case CheckFiles():
                return ""
        raise AssertionError(question)

    def commit(self, failure: str = "") -> list[AnyAnswer]:
        """Commits all batches that wait. Returns the answers that are released."""
        answers: list[AnyAnswer] = []
        while (batch := self.service.next_batch()) is not None:
            if batch.writes and not failure:
                self.shelf.commit(batch.writes)
            releases = self.service.on_commit(failure if batch.writes else "")
            answers += [one.answer for one in releases if isinstance(one, Send)]
            self.service.released()
        return answers


HELLO = Hello(no=1, wire=WIRE)


def announce(no: int) -> Announce:
    return Announce(no=no, text="tea")


def test_nothing_is_released_before_its_batch_is_committed() -> None:
    driver = Driver()
    driver.turn(HELLO, announce(2))
    batch = driver.service.next_batch()
    assert batch is not None
    assert batch.writes
    assert driver.service.next_batch() is None
    assert [type(one).__name__ for one in driver.service.on_commit()][:1] == ["Send"]


def test_after_a_failed_commit_a_new_core_is_made_once_all_is_refused() -> None:
    driver = Driver()
    driver.turn(HELLO, announce(2))
    batch = driver.service.next_batch()
    driver.turn(announce(3))
    releases = list(driver.service.on_commit("disk full"))
    answers = [release.answer for release in releases if isinstance(release, Send)]
    assert [answer.code for answer in answers if isinstance(answer, Failed)] == ["unavailable"] * 2
    driver.turn(announce(4))
    assert driver.asked == []
    driver.service.released()
    assert batch is not None
    (answer,) = driver.commit()
    assert isinstance(answer, Failed)
    assert answer.code == "unavailable"
    driver.turn()
    assert driver.asked[:2] == ["ReadState", "Receive"]
    assert driver.service.why_not_ready == "disk full"


def test_commands_that_write_are_refused_until_a_probe_succeeds() -> None:
    driver = Driver()
    driver.turn(HELLO, announce(2))
    driver.commit("disk full")
    driver.why_not = "still full"
    driver.turn(announce(3))
    assert [a.code for a in driver.commit() if isinstance(a, Failed)] == ["unavailable"]
    driver.now += PROBE_S
    driver.turn()
    assert driver.asked[0] == "Probe"
    assert driver.service.why_not_ready == "still full"
    driver.now += PROBE_S
    driver.why_not = ""
    driver.turn(HELLO, announce(4))
    assert driver.asked[:3] == ["Probe", "ReadState", "Receive"]
    assert not any(isinstance(answer, Failed) for answer in driver.commit())
    assert driver.service.why_not_ready == ""


def test_a_service_that_serves_cannot_reload() -> None:
    with pytest.raises(ImpossibleTransition, match="no RELOADED in SERVING"):
        follow(TRANSITIONS, ServiceState.SERVING, ServiceEvent.RELOADED)
