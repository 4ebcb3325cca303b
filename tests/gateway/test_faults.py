"""Faults of ours: what is at fault pays for it, everybody else notices nothing."""

from typing import Any

import pytest

from common import messages as m
from gateway.chat.limits import STANDARD, ChatLimits
from gateway.protocol.acks import error_ack
from gateway.replica.replica import Replica
from gateway.rooms.marks import TAKE_UP_TOPICS
from gateway.rooms.room import Room
from gateway.transport.outbox import Outbox, Sendable
from tests.support.events import message, messages
from tests.support.gateway_rig import Browser, Rig


class Fault(Exception):
    """Ours."""


class Faulty(Outbox):
    """Fails once."""

    def __init__(self) -> None:
        super().__init__(1 << 20)
        self.failed = False

    def put(self, sendable: Sendable) -> bool:
        if not self.failed:
            self.failed = True
            raise Fault
        return super().put(sendable)


class Faults(Rig):
    """Remembers what it was told."""

    def __init__(self, limits: ChatLimits = STANDARD) -> None:
        self.faults: list[Any] = []
        super().__init__(limits=limits)
        self.time.call_exception_handler = self._tell  # type: ignore[method-assign]

    def _tell(self, context: dict[str, Any], /) -> None:
        self.faults.append(type(context["exception"]))

    def break_outbox(self, browser: Browser) -> None:
        browser.transport.outbox = browser.socket.outbox = Faulty()


def fail(*_: object, **__: object) -> None:
    raise Fault


def test_a_pass_that_fails_makes_its_room_start_over_and_no_other() -> None:
    rig = Faults()
    ann, bob, cleo = rig.seated("ann"), rig.seated("bob"), rig.seated("cleo", "pot")
    rig.break_outbox(bob)
    rig.happens(message(2))
    rig.happens(message(3))
    rig.happens(message(2), room="pot")
    assert rig.faults == [Fault]
    assert cleo.lines() == [2]
    bob.hears(), ann.hears()
    assert rig.broker.of(m.GetPage) == []
    rig.pass_time(1.1)
    assert rig.page(messages(1, 3)).after is None
    for browser in (ann, bob):
        (name, payload), *lines = browser.hears()
        assert (name, payload["Seq"]) == ("reset", 3)
        assert [line["Seq"] for _, line in lines] == [1, 2, 3]
    rig.happens(message(4))
    assert (ann.lines(), bob.lines()) == ([4], [4])


@pytest.mark.parametrize("part", [Room, Replica])
def test_a_room_that_cannot_deliver_starts_over(
    part: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was taken as delivered before the fault."""
    rig = Faults()
    ann = rig.seated("ann")
    with monkeypatch.context() as broken:
        broken.setattr(part, "deliver" if part is Room else "_ask", fail)
        rig.happens(message(2))
    rig.happens(message(3))
    assert ann.lines() == []
    rig.pass_time(1.1)
    rig.page(messages(1, 3))
    assert ann.lines() == [1, 2, 3]
    assert rig.faults == [Fault]


def test_who_fails_to_arrive_comes_back() -> None:
    rig = Faults()
    ann = rig.seated("ann")
    bob = rig.browser()
    bob.asks("join", {"user": "bob", "room": "tea"})
    rig.break_outbox(bob)
    rig.let_in("bob", head=1)
    assert rig.faults == [Fault]
    assert (bob.transport.lost, ann.transport.lost) == (True, False)
    rig.chat.gone(bob.socket, left=False)
    rig.happens(message(2))
    assert ann.lines() == [2]


def test_what_fails_by_the_clock_fails_alone() -> None:
    rig = Faults()
    done: list[str] = []
    rig.chat.context.later(fail)
    rig.chat.context.later(lambda: done.append("later"))
    rig.chat.context.tail_budget.shed = fail  # type: ignore[method-assign]
    ann = rig.seated("ann")
    rig.chat.on_link_down()
    rig.pass_time(2.1)
    assert done == ["later"]
    assert ("link", {"Up": False}) in ann.hears()
    assert rig.faults == [Fault, Fault]


@pytest.mark.parametrize("part", [m.TakeUp, m.GetHeads])
def test_what_a_new_link_asks_for_is_asked_for_whatever_failed_before(
    part: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Faults()
    rooms = [f"r{number}" for number in range(2 * TAKE_UP_TOPICS)]
    people = [rig.seated(f"p{number}", rooms[number]) for number in range(3)]
    for room in rooms:
        rig.chat.rooms.public(room)
    rig.broker.asked.clear()
    ask, failed = rig.broker.ask, False

    def fail_once(command: m.AnyCommand, *args: Any, **kwargs: Any) -> None:
        nonlocal failed
        if not failed and isinstance(command, part):
            failed = True
            raise Fault
        ask(command, *args, **kwargs)

    monkeypatch.setattr(rig.broker, "ask", fail_once)
    rig.chat.on_link_up(rig.epoch, 2)
    rig.pass_time()
    rig.pass_time(1.1)
    assert rig.faults == [Fault]
    marked = {topic for command in rig.broker.of(m.TakeUp) for topic in command.topics}
    assert {m.events_topic(room) for room in rooms} <= marked
    asked = {uid for command in rig.broker.of(m.GetHeads) for uid in command.people}
    assert asked == {f"u-p{number}" for number in range(len(people))}


def test_a_join_that_cannot_be_asked_costs_nobody_else_the_turn() -> None:
    rig = Faults(ChatLimits(joins_in_flight=1))
    ask = rig.broker.ask
    people = [rig.browser() for _ in range(3)]
    for number, browser in enumerate(people):
        browser.asks("join", {"user": f"p{number}", "room": "tea"})

    def fail_once(*_: object, **__: object) -> None:
        rig.broker.ask = ask  # type: ignore[method-assign]
        raise Fault

    rig.broker.ask = fail_once  # type: ignore[method-assign]
    rig.let_in("p0")
    assert [join.user for join in rig.broker.of(m.Join)] == ["p2"]
    rig.let_in("p2")
    assert [browser.transport.lost for browser in people] == [False, True, False]
    assert rig.faults == [Fault]
    assert rig.chat.joins.limiter.in_flight == rig.chat.joins.limiter.waiting == 0


@pytest.mark.parametrize("ask", ["join", "history", "leave"])
def test_a_socket_whose_answer_fails_comes_back(ask: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would wait for it for ever, and for what it asks next."""
    rig = Faults()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    ann.asks(ask, {"room": "pot" if ask == "join" else "tea"})
    with monkeypatch.context() as broken:
        broken.setattr(rig.chat.rooms, "join", fail)
        broken.setattr(rig.chat.rooms, "leave", fail)
        if ask == "join":
            rig.let_in("ann", "pot")
        elif ask == "leave":
            rig.broker.answer(m.Leave, lambda no: m.Done(term=1, no=no))
        else:
            events: Any = [None]
            page = m.Paged(
                term=1, no=1, room="tea", epoch=rig.epoch, head=1, events=events, more=False
            )
            rig.broker.answer(m.GetHistory, lambda no: page)
    assert len(rig.faults) == 1
    assert (ann.transport.lost, bob.transport.lost) == (True, False)


def test_whoever_goes_is_told_to_the_broker_whatever_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Faults()
    ann = rig.seated("ann")
    monkeypatch.setattr(rig.chat.rooms, "leave_all", fail)
    with pytest.raises(Fault):
        rig.chat.gone(ann.socket, left=False)
    assert [gone.sid for gone in rig.broker.of(m.Gone)] == [ann.socket.sid]


def test_an_error_may_tell_when_to_try_again() -> None:
    assert error_ack("rate_limited", "slowly", 2.0) == {
        "ok": False,
        "error": {"code": "rate_limited", "message": "slowly", "retryAfter": 2.0},
    }
