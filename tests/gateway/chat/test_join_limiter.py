"""gateway/chat/join_limiter.py: joins wait in a storm of them, other requests do not."""

import pytest

from common import messages as m
from common.settings import Settings
from gateway.chat import join_limiter
from gateway.chat.limits import ChatLimits
from gateway.chat.page_queue import CHECK_S, SWEEP_S
from tests.support.gateway_rig import Browser, Rig


def crowded(most: int = 1) -> Rig:
    return Rig(limits=ChatLimits(joins_in_flight=most))


def asks_to_join(rig: Rig, user: str, **more: str) -> Browser:
    browser = rig.browser()
    browser.asks("join", {"user": user, "room": "tea", **more})
    return browser


def joining(rig: Rig) -> list[str]:
    return [join.user for join in rig.broker.of(m.Join)]


def test_only_so_many_joins_are_in_flight_and_the_others_follow_in_order() -> None:
    rig = crowded(2)
    people = {user: asks_to_join(rig, user) for user in ("ann", "bob", "cleo", "dan")}
    assert joining(rig) == ["ann", "bob"]
    rig.let_in("ann")
    assert joining(rig) == ["bob", "cleo"]
    rig.broker.answer(m.Join, lambda no: m.Failed(term=1, no=no, code="banned", message="no"))
    rig.broker.answer(m.Join, None)
    assert joining(rig) == ["dan"]
    rig.let_in("dan")
    assert [[ack and ack["ok"] for ack in browser.acks] for browser in people.values()] == [
        [True], [False], [None], [True]
    ]  # fmt: skip
    assert rig.chat.joins.limiter.in_flight == 0


def test_a_socket_whose_join_waits_is_read_no_further_until_its_turn() -> None:
    rig = crowded()
    ann, bob = (asks_to_join(rig, user) for user in ("ann", "bob"))
    assert (ann.socket.ready, bob.socket.ready) == (True, False)
    rig.let_in("ann")
    assert bob.socket.ready
    bob.asks("chat", {"room": "tea", "message": "hi"})
    asked = [type(command) for command, _ in rig.broker.asked]
    assert asked.index(m.Join) < asked.index(m.Say)


@pytest.mark.parametrize("broker_returns", [True, False])
def test_nothing_overtakes_a_waiting_join_when_a_page_is_requested_or_given_up(
    broker_returns: bool,
) -> None:
    rig = crowded()
    bob = rig.seated("bob")
    asks_to_join(rig, "ann")
    rig.broker.up = False
    bob.asks("history", {"room": "tea"})
    bob.asks("join", {"room": "pot"})
    rig.broker.up = broker_returns
    given_up_s = Settings().request_timeout + 2 * SWEEP_S
    rig.pass_time(CHECK_S if broker_returns else given_up_s)
    assert len(rig.chat.dispatcher.pages) == 0
    assert not bob.socket.ready
    rig.let_in("ann")
    assert bob.socket.ready
    assert [join.room for join in rig.broker.of(m.Join)] == ["pot"]


def test_other_requests_do_not_wait_for_joins() -> None:
    rig = crowded()
    ann = rig.seated("ann")
    for n in range(10):
        asks_to_join(rig, f"p{n}")
    ann.asks("chat", {"room": "tea", "message": "hi"})
    assert len(rig.broker.of(m.Join)) == 1
    assert len(rig.broker.of(m.Say)) == 1


def test_a_waiting_join_whose_socket_is_gone_is_not_sent() -> None:
    rig = crowded()
    asks_to_join(rig, "ann")
    bob, cleo = (asks_to_join(rig, user) for user in ("bob", "cleo"))
    rig.chat.gone(bob.socket, left=False)
    assert bob.acks == [None]
    assert rig.broker.of(m.Gone) == []
    assert rig.chat.sessions.get(bob.socket.sid) is None
    rig.let_in("ann")
    assert joining(rig) == ["cleo"]
    rig.let_in("cleo")
    assert (bob.acks, cleo.acks[0]["ok"]) == ([None], True)
    rig.chat.gone(cleo.socket, left=False)
    assert [gone.sid for gone in rig.broker.of(m.Gone)] == [cleo.socket.sid]


def test_all_joins_of_a_handshake_have_their_turn_before_the_socket_is_read() -> None:
    rig = crowded()
    asks_to_join(rig, "ann")
    rooms = [{"room": "tea"}, {"room": "pot"}]
    bob = rig.browser({"token": "0123456789-abcdefghijk", "user": "bob", "join": rooms})
    cleo = asks_to_join(rig, "cleo")
    rig.let_in("ann")
    rig.let_in("bob", "tea", head=0)
    assert not bob.socket.ready
    rig.let_in("bob", "pot", head=0)
    assert bob.socket.ready
    assert [payload["room"] for name, payload in bob.hears() if name == "joined"] == ["tea", "pot"]
    assert joining(rig) == ["cleo"]
    assert cleo.socket.ready


def test_waiting_joins_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(join_limiter, "WAITING_JOINS", 2)
    rig = crowded()
    people = [asks_to_join(rig, f"p{n}") for n in range(4)]
    assert [browser.acks for browser in people] == [[], [], [], [None]]
    assert rig.chat.joins.limiter.waiting == 2


def test_a_link_that_refuses_every_command_leaves_no_join_waiting() -> None:
    rig = crowded()
    people = [asks_to_join(rig, f"p{n}") for n in range(3)]
    rig.broker.ask = lambda command, on_answer, *, hold=False: on_answer(None)  # type: ignore[method-assign]
    rig.broker.answer(m.Join, None)
    assert [browser.acks for browser in people] == [[None]] * 3
    assert rig.chat.joins.limiter.in_flight == 0
