"""The connector and its link on real sockets: whatever the broker does, each command is answered
once."""

import asyncio
import os
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from common import messages as m
from common.codec import encode
from common.settings import Settings
from gateway.link.connector import Connector
from gateway.link.link import Link
from gateway.link.pending import OnAnswer
from tests.support.fake_broker import FakeBroker, Rule, fake_broker

ANN = m.SessionInfo(sid="s1", uid="ann", plain=False, rooms=["lobby"])
LOBBY = m.events_topic("lobby")


class People:
    """A LinkListener that keeps what it is told; `until` waits for a condition on that."""

    def __init__(self) -> None:
        self.here = [ANN]
        self.news: list[tuple[str, ...]] = []
        self.heard_so_far: list[tuple[str, m.AnyBroadcast]] = []
        self.answers: list[m.AnyAnswer | None] = []
        self._changed = asyncio.Event()

    def session_infos(self) -> list[m.SessionInfo]:
        return self.here

    def on_link_up(self, epoch: str, term: int) -> None:
        self.news.append(("linked", epoch, str(term)))
        self._changed.set()

    def on_link_down(self) -> None:
        self.news.append(("unlinked",))
        self._changed.set()

    def on_broadcast(self, topic: str, message: m.AnyBroadcast) -> None:
        self.heard_so_far.append((topic, message))
        self._changed.set()

    def answered(self, answer: m.AnyAnswer | None) -> None:
        self.answers.append(answer)
        self._changed.set()

    async def until(self, known: Callable[[], bool]) -> None:
        while not known():
            self._changed.clear()
            await self._changed.wait()


def say(link: Link, text: str) -> m.Say:
    return m.Say(no=link.number(), sid="s1", room="lobby", text=text, id=text)


def happened(seq: int, term: int = 1) -> m.Happened:
    event = m.Event(seq=seq, kind="message", user="ann", timestamp=0.0)
    return m.Happened(term=term, epoch="e", room="lobby", events=[event])


def connector_to(broker: FakeBroker, **settings: object) -> Connector:
    wanted = msgspec.structs.replace(Settings(), broker=broker.endpoint, **settings)
    return Connector(wanted, "g1")


def forget_once(broker: FakeBroker) -> Rule:
    """The next command is answered by a broker that does not know this gateway."""

    def forget(command: m.AnyCommand) -> m.AnyAnswer | None:
        broker.rule = broker.usual
        return m.Failed(term=2, no=command.no, code="hello", message="who is that?")

    return forget


@asynccontextmanager
async def running(connector: Connector, people: People) -> AsyncIterator[Link]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(connector.run(people))
        try:
            yield connector.link
        finally:
            task.cancel()


@pytest.fixture
async def broker() -> AsyncIterator[FakeBroker]:
    async with fake_broker() as broker:
        yield broker


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
async def link(broker: FakeBroker, people: People) -> AsyncIterator[Link]:
    """A link that is up."""
    async with running(connector_to(broker), people) as link:
        await people.until(lambda: link.up)
        yield link


# --- a link comes up -----------------------------------------------------------------------------


async def test_a_link_says_hello_registers_who_is_here_and_sends_what_waits(
    broker: FakeBroker, people: People
) -> None:
    connector = connector_to(broker)
    link = connector.link
    link.ask(say(link, "one"), people.answered)
    link.ask(say(link, "two"), people.answered, hold=True)
    async with running(connector, people):
        said = await broker.saw(m.Say, 2)
        await people.until(lambda: len(people.answers) == 2)
    hello, register, *rest = broker.seen
    assert isinstance(hello, m.Hello)
    assert (hello.wire, hello.gateway) == (m.WIRE, "g1")
    assert isinstance(register, m.Register)
    assert (register.sessions, register.last) == ([ANN], True)
    assert [s.text for s in said] == ["one", "two"]
    assert rest[:2] == said
    assert [a.id for a in people.answers if isinstance(a, m.Said)] == ["one", "two"]
    assert people.news == [("linked", "e", "1"), ("unlinked",)]


async def test_an_answer_is_told_once(broker: FakeBroker, people: People, link: Link) -> None:
    link.ask(say(link, "one"), people.answered)
    (said,) = await broker.saw(m.Say)
    again = m.Said(term=1, no=said.no, room="lobby", id="one", seq=9, timestamp=0.0)
    await broker.send_frames(encode(again))
    link.ask(say(link, "two"), people.answered)
    await people.until(lambda: len(people.answers) == 2)
    assert link.counts.late_answers == 1


async def test_a_refusal_is_an_answer(broker: FakeBroker, people: People, link: Link) -> None:
    def refuse(command: m.AnyCommand) -> m.AnyAnswer | None:
        return m.Failed(term=1, no=command.no, code="not_joined", message="join first")

    broker.rule = refuse
    link.ask(say(link, "one"), people.answered)
    await people.until(lambda: bool(people.answers))
    assert isinstance(people.answers[0], m.Failed)


async def test_a_gateway_with_nothing_to_say_beats(people: People) -> None:
    async with fake_broker(lease_s=0.6) as broker, running(connector_to(broker), people):
        assert len(await broker.saw(m.Beat, 3)) == 3
        assert people.news == [("linked", "e", "1")]


async def test_a_broker_of_another_wire_version_is_asked_again_and_again(
    broker: FakeBroker, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(command: m.AnyCommand) -> m.AnyAnswer | None:
        return m.Failed(term=1, no=command.no, code="bad_request", message="speaks wire 2")

    broker.rule = refuse
    async with running(connector_to(broker), people) as link:
        await broker.saw(m.Hello, 3)
        assert not link.up
    assert "speaks wire 2" in caplog.text


async def test_broadcasts_wait_until_the_broker_knows_who_is_here(
    broker: FakeBroker, people: People
) -> None:
    topic = m.gateway_topic("g1")
    unanswered: list[m.AnyCommand] = []

    def keep_registers(command: m.AnyCommand) -> m.AnyAnswer | None:
        if not isinstance(command, m.Register):
            return broker.usual(command)
        unanswered.append(command)
        return None

    broker.rule = keep_registers
    async with running(connector_to(broker), people) as link:
        await broker.saw(m.Register)
        await broker.subscribed(topic)
        await broker.publish(topic, happened(1))
        link.ask(say(link, "one"), people.answered)
        await broker.send_frames(encode(m.Done(term=1, no=unanswered[0].no)))
        await people.until(lambda: bool(people.heard_so_far))
    assert people.news[0] == ("linked", "e", "1")
    assert people.heard_so_far == [(topic, happened(1))]


# --- topics --------------------------------------------------------------------------------------


async def test_broadcasts_on_subscribed_topics_are_received(
    broker: FakeBroker, people: People, link: Link
) -> None:
    link.subscribe([LOBBY, LOBBY])
    await broker.subscribed(LOBBY)
    await broker.publish(m.events_topic("other"), happened(1))
    await broker.publish(LOBBY, happened(2))
    await people.until(lambda: bool(people.heard_so_far))
    link.unsubscribe([LOBBY])
    await broker.subscribed(LOBBY)
    await broker.publish(LOBBY, happened(3))
    await broker.publish(m.gateway_topic("g1"), happened(4))
    await people.until(lambda: len(people.heard_so_far) == 2)
    assert people.heard_so_far == [(LOBBY, happened(2)), (m.gateway_topic("g1"), happened(4))]


async def test_topics_are_subscribed_in_the_order_in_which_they_were_added(
    broker: FakeBroker, people: People
) -> None:
    connector = connector_to(broker)
    link = connector.link
    wanted = [m.presence_topic("lobby"), m.typing_topic("lobby"), LOBBY]
    link.subscribe(wanted)
    async with running(connector, people):
        for topic in [m.gateway_topic("g1"), *wanted]:
            await broker.subscribed(topic)


async def test_a_burst_is_received_to_its_end(
    broker: FakeBroker, people: People, link: Link
) -> None:
    link.subscribe([LOBBY])
    await broker.subscribed(LOBBY)
    for seq in range(1, 3001):
        await broker.publish(LOBBY, happened(seq))
        if seq % 100 == 0:
            link.ask(say(link, str(seq)), people.answered)
    await people.until(lambda: len(people.heard_so_far) == 3000 and len(people.answers) == 30)
    seqs = [b.events[0].seq for _, b in people.heard_so_far if isinstance(b, m.Happened)]
    assert seqs == list(range(1, 3001))


# --- a link is lost ------------------------------------------------------------------------------


async def test_a_new_link_registers_everything_and_sends_commands_without_an_answer_again(
    people: People,
) -> None:
    async with fake_broker() as first:
        connector = connector_to(first)
        link = connector.link
        link.subscribe([LOBBY])
        async with running(connector, people):
            await people.until(lambda: link.up)
            first.rule = lambda command: None
            link.ask(say(link, "one"), people.answered, hold=True)
            link.ask(say(link, "two"), people.answered)
            before = await first.saw(m.Say, 2)
            first.close()
            await people.until(lambda: not link.up)
            link.ask(say(link, "three"), people.answered, hold=True)
            people.here = []
            async with fake_broker(like=first, term=2) as second:
                await people.until(lambda: len(people.answers) == 3)
                await second.subscribed(LOBBY)
                await second.publish(LOBBY, happened(5, term=2))
                await people.until(lambda: bool(people.heard_so_far))
    after = second.of(m.Say)
    assert after[:2] == before
    assert [s.text for s in after] == ["one", "two", "three"]
    assert [r.sessions for r in second.of(m.Register)] == [[]]
    assert people.news[:3] == [("linked", "e", "1"), ("unlinked",), ("linked", "e", "2")]
    assert link.counts.relinks == 2


async def test_a_broker_that_does_not_know_the_gateway_gets_a_new_hello_and_the_command_again(
    broker: FakeBroker, people: People, link: Link
) -> None:
    broker.rule = forget_once(broker)
    link.ask(say(link, "one"), people.answered)
    await people.until(lambda: bool(people.answers))
    first, again = broker.of(m.Say)
    assert first == again
    assert isinstance(people.answers[0], m.Said)
    assert len(broker.of(m.Hello)) == 2


@pytest.mark.parametrize("left", range(0, 16, 2))
async def test_without_descriptors_for_a_new_link_it_waits_for_them(
    broker: FakeBroker, people: People, left: int
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)

    async with running(connector_to(broker), people) as link:
        await people.until(lambda: link.up)
        broker.rule = forget_once(broker)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + left, hard))
        try:
            link.ask(say(link, "one"), people.answered)
            await people.until(lambda: ("unlinked",) in people.news)
            await asyncio.sleep(0.2)  # in which new links are tried in vain
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        await people.until(lambda: bool(people.answers))
    assert isinstance(people.answers[0], m.Said)


async def test_a_link_that_fails_is_made_anew(broker: FakeBroker, people: People) -> None:
    here = people.session_infos

    def fail_once() -> list[m.SessionInfo]:
        people.session_infos = here  # type: ignore[method-assign]
        raise RuntimeError("a fault of ours")

    people.session_infos = fail_once  # type: ignore[method-assign]
    async with running(connector_to(broker), people) as link:
        await people.until(lambda: link.up)
        assert link.counts.faults == 1


async def test_an_error_while_overdue_commands_are_given_up_does_not_cost_the_link(
    broker: FakeBroker, people: People
) -> None:
    connector = connector_to(broker)
    link = connector.link
    overdue = link.pending.overdue

    def fail_twice(now: float) -> list[OnAnswer]:
        if link.counts.faults == 1:
            link.pending.overdue = overdue  # type: ignore[method-assign]
        raise RuntimeError("a fault of ours")

    link.pending.overdue = fail_twice  # type: ignore[method-assign]
    async with running(connector, people):
        await people.until(lambda: link.up)
        assert link.counts.faults == 2
        assert link.counts.relinks == 1


async def test_a_broker_that_falls_silent_is_given_up(people: People) -> None:
    async with fake_broker(lease_s=0.3) as broker, running(connector_to(broker), people) as link:
        await people.until(lambda: link.up)
        broker.rule = lambda command: None
        await people.until(lambda: not link.up)
        broker.rule = broker.usual
        await people.until(lambda: link.up)
    assert len(broker.of(m.Hello)) >= 2


async def test_questions_are_given_up_and_commands_that_change_something_held(
    broker: FakeBroker, people: People
) -> None:
    async with running(connector_to(broker, request_timeout=0.2), people) as link:
        await people.until(lambda: link.up)
        broker.rule = lambda command: None
        link.ask(say(link, "held"), people.answered, hold=True)
        link.ask(m.GetHeads(no=link.number(), rooms=["lobby"]), people.answered)
        await people.until(lambda: bool(people.answers))
        assert people.answers == [None]
        assert (link.counts.given_up, link.pending.commands) == (1, 1)


# --- terms ---------------------------------------------------------------------------------------


async def test_an_older_term_is_refused(broker: FakeBroker, people: People) -> None:
    broker.term = 5
    async with running(connector_to(broker), people) as link:
        await people.until(lambda: link.up)
        topic = m.gateway_topic("g1")
        await broker.publish(topic, happened(1, term=4))
        await broker.publish(topic, happened(2, term=5))
        await people.until(lambda: bool(people.heard_so_far))
        assert people.heard_so_far == [(topic, happened(2, term=5))]
        assert link.counts.refused_old_term == 1


async def test_an_older_broker_of_the_same_store_is_refused(people: People) -> None:
    async with fake_broker(term=5) as first, running(connector_to(first), people) as link:
        await people.until(lambda: link.up)
        first.close()
        await people.until(lambda: not link.up)
        async with fake_broker(like=first, term=4) as second:
            await second.saw(m.Hello, 3)
            assert not link.up
        assert link.counts.refused_old_term >= 2


async def test_a_restored_store_may_count_its_terms_from_less(people: People) -> None:
    async with fake_broker(term=5) as first, running(connector_to(first), people) as link:
        await people.until(lambda: link.up)
        first.close()
        await people.until(lambda: not link.up)
        async with fake_broker(like=first, term=2, epoch="f"):
            await people.until(lambda: link.up)
            assert (link.epoch, link.term) == ("f", 2)


# --- what is wrong -------------------------------------------------------------------------------


async def test_bad_frames_are_counted_and_otherwise_ignored(
    broker: FakeBroker, people: People, link: Link
) -> None:
    topic = m.gateway_topic("g1")
    await broker.send_frames(b"\xc1")
    await broker.send_frames(encode(m.Done(term=1, no=1)), b"more")
    await broker.publish_frames(topic.encode(), b"nonsense")
    await broker.publish_frames(topic.encode())
    await broker.publish_frames(topic.encode() + b"\xff", encode(happened(1)))
    await broker.publish(topic, happened(2))
    link.ask(say(link, "one"), people.answered)
    await people.until(lambda: bool(people.answers) and bool(people.heard_so_far))
    assert people.heard_so_far == [(topic, happened(2))]
    assert link.counts.bad_frames == 5
    assert link.counts.relinks == 1


async def test_an_error_in_a_listener_costs_nobody_else(
    broker: FakeBroker, people: People, link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(answer: m.AnyAnswer | None) -> None:
        raise ValueError("ours")

    link.ask(say(link, "one"), fail)
    link.ask(say(link, "two"), people.answered)
    await people.until(lambda: bool(people.answers))
    assert (link.counts.faults, link.up) == (1, True)
    assert "a listener of the link failed" in caplog.text


# --- the end -------------------------------------------------------------------------------------


async def test_a_link_that_stops_says_bye_and_gives_up_every_command(
    broker: FakeBroker, people: People
) -> None:
    async with running(connector_to(broker), people) as link:
        await people.until(lambda: link.up)
        usual = broker.usual
        broker.rule = lambda c: None if isinstance(c, m.Say) else usual(c)
        link.ask(say(link, "one"), people.answered, hold=True)
    assert isinstance((await broker.saw(m.Bye))[0], m.Bye)
    assert people.answers == [None]
    assert people.news[-1] == ("unlinked",)


async def test_a_link_stops_even_if_its_bye_is_not_answered(
    broker: FakeBroker, people: People
) -> None:
    async with running(connector_to(broker), people) as link:
        await people.until(lambda: link.up)
        broker.rule = lambda command: None
        started = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - started < 2.0


async def test_each_hello_of_a_run_has_the_same_proof_and_each_run_another(people: People) -> None:
    async with fake_broker() as first:
        async with running(connector_to(first), people) as link:
            await people.until(lambda: link.up)
            first.rule = forget_once(first)
            link.ask(say(link, "one"), people.answered)
            await first.saw(m.Hello, 2)
        one, again = first.of(m.Hello)
        async with running(connector_to(first), people) as link:
            await people.until(lambda: link.up)
        other = first.of(m.Hello)[-1]
    assert one.proof == again.proof
    assert len({one.proof, other.proof}) == 2
    assert min(len(one.proof), len(other.proof)) >= 22
