"""gateway/chat/chat.py, dispatcher.py, joins.py: what browsers request and are answered."""

import pytest

from common import messages as m
from tests.support.events import messages
from tests.support.gateway_playbook import (
    Gateway,
    Step,
    acked,
    answers,
    answers_page,
    asked,
    asks,
    broadcasts,
    closes,
    connects,
    gives_up,
    happens,
    hears,
    is_in,
    joins,
    lets_in,
    links,
    marks,
    play,
    refused,
    refuses,
    said,
    sent_away,
    told,
    unanswered,
)
from tests.support.gateway_rig import EPOCH


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def ready(person: str, is_it: bool = True) -> Step:
    """Whether the person's next request is read."""

    def run(gateway: Gateway) -> None:
        assert gateway.person(person).socket.ready == is_it

    return Step(f"{person} is {'' if is_it else 'not '}ready", run)


def registers(*sessions: tuple[str, list[str]]) -> Step:
    """On a new link exactly these people would be registered, each in these rooms."""

    def run(gateway: Gateway) -> None:
        names = {browser.socket.sid: name for name, browser in gateway.people.items()}
        here = [(names[info.sid], info.rooms) for info in gateway.chat.session_infos()]
        assert here == [*sessions], f"it would be {here}"

    return Step(f"{sessions} would be registered", run)


def test_the_ack_comes_before_what_is_replayed(gateway: Gateway) -> None:
    play(
        gateway,
        joins("ann"),
        asked(m.Join, {"user": "ann", "room": "tea"}),
        lets_in("ann", head=3),
        acked("ann", ok=True, seq=3, recovered=False),
        hears("ann"),
        marks(3),
        answers_page(messages(1, 3)),
        hears("ann", 1, 2, 3),
    )


def test_the_broker_is_told_a_hash_of_the_token_only(gateway: Gateway) -> None:
    play(gateway, joins("ann"))
    (join,) = gateway.broker.of(m.Join)
    play(gateway, lets_in("ann"))
    (ack,) = gateway.person("ann").acks
    assert len(join.key) == 64
    assert ack["token"] not in join.key


def test_a_question_without_an_answer_is_unavailable_but_a_message_gets_no_ack(
    gateway: Gateway,
) -> None:
    play(
        gateway,
        is_in("ann"),
        asks("ann", "history", room="tea"),
        asks("ann", "chat", room="tea", message="hi"),
        gives_up(m.GetHistory),
        gives_up(m.Say),
        refused("ann", "unavailable"),
        unanswered("ann"),
    )


def test_a_message_without_an_id_gets_one(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        asks("ann", "chat", room="tea", message="hi"),
        asks("ann", "chat", room="tea", message="hi", id="mine"),
        asked(m.Say, {"text": "hi"}, {"id": "mine"}),
    )
    assert len(gateway.broker.of(m.Say)[0].id) >= 12


def test_another_token_on_a_bound_socket_is_refused(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        asks("ann", "join", room="other", token="another-abcdefghijklmn"),
        refused("ann", "bad_request"),
        asked(m.Join),
    )


def test_rubbish_is_answered(gateway: Gateway) -> None:
    play(
        gateway,
        asks("ann", "join", 5),
        refused("ann", "bad_request"),
        asks("ann", "nonsense"),
        refused("ann", "bad_request"),
    )


def test_the_handshakes_joins_are_done_before_any_request(gateway: Gateway) -> None:
    rooms = [{"room": "tea"}, {"room": "pot"}]
    auth = {"token": "0123456789-abcdefghijk", "user": "ann", "join": rooms}
    play(
        gateway,
        connects("ann", auth),
        ready("ann", False),
        lets_in("ann", "tea", head=0),
        ready("ann", False),
        refuses(m.Join, "banned"),
        ready("ann"),
        told("ann", "joined", room="tea", ok=True),
        told("ann", "joined", room="pot", ok=False),
    )


def test_a_socket_that_is_gone_is_sent_nothing_and_the_broker_is_told(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        is_in("bob"),
        closes("ann"),
        asked(m.Gone, {"sid": "s1", "left": True}),
        registers(("bob", ["tea"])),  # the broker may know already that Ann is gone
        said(2),
        hears("ann"),
        hears("bob", 2),
        answers(m.Gone, m.Done),
    )
    assert len(gateway.chat.sessions) == 1


async def test_a_kicked_socket_is_told_why_and_closed_for_good(gateway: Gateway) -> None:
    play(gateway, is_in("ann"))
    sids = [gateway.person("ann").socket.sid, "nobody"]
    play(
        gateway,
        broadcasts(m.Kicked(term=1, sids=sids, code="banned", message="no")),
        sent_away("ann", "banned"),
    )


def test_a_socket_is_sent_nothing_of_a_room_that_it_left(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        asks("ann", "leave", room="tea"),
        answers(m.Leave, m.Done),
        said(2),
        hears("ann"),
    )


def test_a_room_that_is_being_left_is_not_registered_again(gateway: Gateway) -> None:
    """The broker may have done the leave already, and refuses its repetition: that is as good."""
    play(
        gateway,
        is_in("ann"),
        asks("ann", "leave", room="tea"),
        registers(("ann", [])),
        refuses(m.Leave, "not_joined"),
        acked("ann", ok=True),
        said(2),
        hears("ann"),
        asks("ann", "leave", room="tea"),
        refuses(m.Leave, "not_joined"),
        refused("ann", "not_joined"),
    )


def test_a_join_that_comes_again_before_a_leave_replays_nothing(gateway: Gateway) -> None:
    """A room that is being left is not registered: to the broker the join is a new one."""
    play(
        gateway,
        is_in("ann", head=3),
        joins("ann", since=1),
        asks("ann", "leave", room="tea"),
        links(EPOCH, head=3),
        lets_in("ann", head=3, recovered=True),
        acked("ann", recovered=True),
        hears("ann"),
        said(4),
        hears("ann", 4),
    )


def test_a_leave_without_an_answer_leaves_nothing(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        asks("ann", "leave", room="tea"),
        gives_up(m.Leave),
        registers(("ann", ["tea"])),
        said(2),
        hears("ann", 2),
    )


def test_every_socket_is_sent_announcements_and_plain_pages_as_messages(gateway: Gateway) -> None:
    announcement = m.Event(seq=1, kind="announce", user="system", timestamp=1.0, text="noon")
    play(
        gateway,
        connects("ann"),
        asks("pat", "join", "pat"),
        lets_in("pat", "lobby", head=0),
        marks(0),
        answers_page([], room="system"),
        happens(announcement, room="system"),
        told("ann", "chat", EvtType="announce"),
        told("pat", "chat", EvtType="message"),
    )


def test_a_second_join_replays_nothing(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        joins("ann", since=0),
        lets_in("ann", again=True, recovered=True),
        hears("ann"),
    )
