"""One link, from Hello to its loss."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest
import zmq

from common import messages as m
from common.clock import ListeningClock
from common.errors import FrameError
from common.zmq_sockets import ZmqSocket
from gateway.link.incarnation import TURN_TOPICS, Incarnation, LinkLost
from tests.support.fake_broker import FakeBroker, fake_broker

TOPIC = m.gateway_topic("g1")


class Ear:
    """Keeps what it takes."""

    def __init__(self) -> None:
        self.answers: list[m.AnyAnswer] = []
        self.broadcasts: list[tuple[str, m.AnyBroadcast]] = []
        self.turns = 0

    def take_answer(self, answer: m.AnyAnswer) -> None:
        self.answers.append(answer)

    def take_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        self.broadcasts.append((topic, message))

    def take_bad_frame(self, error: FrameError) -> None:
        raise AssertionError(error)

    def take_turn(self) -> None:
        self.turns += 1


@asynccontextmanager
async def incarnation(
    broker: FakeBroker, ear: Ear, lease_s: float = 15.0
) -> AsyncIterator[Incarnation]:
    context: zmq.Context[ZmqSocket] = zmq.Context()
    clock = ListeningClock(asyncio.get_running_loop().time())
    number = count(1).__next__
    one = Incarnation(context, broker.endpoint, None, lease_s, number, clock, ear)
    try:
        yield one
    finally:
        one.close()
        context.term()


@pytest.fixture
async def broker() -> AsyncIterator[FakeBroker]:
    async with fake_broker() as broker:
        yield broker


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_time_in_which_this_process_was_stopped_does_not_count() -> None:
    clock = ListeningClock(100.0)
    clock.advance(100.5)
    clock.advance(160.5)
    clock.advance(160.75)
    assert clock.now == 1.75


async def test_broadcasts_wait_until_the_broker_knows_who_is_here(
    broker: FakeBroker, ear: Ear
) -> None:
    async with incarnation(broker, ear) as one:
        welcome = await one.hello("g1", "p")
        assert (welcome.term, welcome.epoch) == (1, "e")
        await one.listen(welcome.events, [TOPIC])
        await broker.subscribed(TOPIC)
        kick = m.Kicked(term=1, sids=["s"], code="banned", message="out")
        await broker.publish(TOPIC, kick)
        sittings = [m.SessionInfo(sid=str(n), uid="u", plain=True, rooms=[]) for n in range(1500)]
        await one.register(sittings)
        assert [len(r.sittings) for r in broker.of(m.Register)] == [1000, 500]
        assert ear.broadcasts == []
        while not ear.broadcasts:
            await one.turn()
        assert ear.broadcasts == [(TOPIC, kick)]
        assert ear.answers == []
        assert ear.turns > 0


async def test_many_topics_are_subscribed_by_and_by_in_order_and_only_those_still_wanted(
    broker: FakeBroker, ear: Ear
) -> None:
    topics = [f"{number}\0" for number in range(3 * TURN_TOPICS)]
    async with incarnation(broker, ear) as one:
        welcome = await one.hello("g1", "p")
        listening = asyncio.gather(one.listen(welcome.events, topics))
        # Until the first are subscribed to, of which nobody tells.
        while len(one._unsubscribed) in (0, len(topics)):  # noqa: ASYNC110
            await asyncio.sleep(0)
        one.unsubscribe(topics[0])
        one.unsubscribe(topics[-1])
        one.unsubscribe(topics[-2])
        one.subscribe("new\0")
        one.subscribe(topics[-2])
        await listening
        one.unsubscribe("new\0")
        changes = [(await broker.change()).decode() for _ in range(len(topics) + 2)]
    assert changes.pop() == "\0new\0"
    changes.remove("\0" + topics[0])
    assert changes == ["\1" + topic for topic in [*topics[:-2], "new\0", topics[-2]]]


async def test_a_broker_that_cannot_register_now_ends_the_incarnation(
    broker: FakeBroker, ear: Ear
) -> None:
    async with incarnation(broker, ear) as one:
        await one.hello("g1", "p")
        broker.rule = lambda c: m.Failed(term=1, no=c.no, code="unavailable", message="full disk")
        with pytest.raises(LinkLost, match="full disk"):
            await one.register([])


async def test_a_broker_that_is_not_there_ends_the_incarnation(
    broker: FakeBroker, ear: Ear
) -> None:
    broker.close()
    async with incarnation(broker, ear, lease_s=0.1) as one:
        with pytest.raises(LinkLost, match="no answer for 1"):
            await one.hello("g1", "p")


async def test_a_broker_that_goes_ends_the_incarnation_at_once(
    broker: FakeBroker, ear: Ear
) -> None:
    async with incarnation(broker, ear) as one:
        await one.hello("g1", "p")
        broker.close()
        with pytest.raises(LinkLost, match="the connection broke"):
            await one.register([])
