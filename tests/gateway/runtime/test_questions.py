"""gateway/runtime/questions.py: a question is asked until it is answered."""

import gc

from common import messages as m
from gateway.runtime.questions import RETRY_S, _Question, ask_until_answered
from tests.sim.virtual import Time
from tests.support.gateway_rig import Broker


class Asking:
    """One question for the head of a room, which somebody wants to know."""

    def __init__(self) -> None:
        self.broker = Broker()
        self.time = Time()
        self.wanted = True
        self.answers: list[m.HeadsTold] = []
        ask_until_answered(self.broker, self.time, self.make, m.HeadsTold, self.answers.append)

    def make(self, no: int) -> m.AnyCommand | None:
        return m.GetHeads(no=no, rooms=["tea"]) if self.wanted else None

    def passes(self, seconds: float) -> None:
        self.time.run(self.time.now + seconds)


def test_a_question_is_asked_again_after_each_failure_and_not_after_the_answer() -> None:
    asking = Asking()
    asking.broker.answer(m.GetHeads, None)
    assert asking.broker.of(m.GetHeads) == []
    asking.passes(RETRY_S)
    refused = asking.broker.answer(
        m.GetHeads, lambda no: m.Failed(term=1, no=no, code="unavailable", message="later")
    )
    asking.passes(RETRY_S)
    (question,) = asking.broker.of(m.GetHeads)
    assert question.no > refused.no
    asking.broker.answer(m.GetHeads, lambda no: m.HeadsTold(term=1, no=no, heads={"tea": 3}))
    asking.passes(10 * RETRY_S)
    assert [answer.heads for answer in asking.answers] == [{"tea": 3}]
    assert asking.broker.of(m.GetHeads) == []


def test_a_question_is_not_asked_again_when_nobody_wants_to_know() -> None:
    asking = Asking()
    asking.broker.answer(m.GetHeads, None)
    asking.wanted = False
    asking.passes(10 * RETRY_S)
    assert (asking.broker.of(m.GetHeads), asking.answers) == ([], [])


def test_an_answered_question_leaves_nothing_to_the_garbage_collector() -> None:
    asking = Asking()
    gc.collect()
    gc.disable()
    try:
        asking.broker.answer(m.GetHeads, lambda no: m.HeadsTold(term=1, no=no, heads={"tea": 3}))
        assert not [one for one in gc.get_objects() if isinstance(one, _Question)]
    finally:
        gc.enable()
