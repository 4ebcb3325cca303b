"""gateway/chat/chat.py, dispatcher.py, joins.py: what browsers request and are answered."""

import pytest

from common import messages as m
from tests.support.events import message, messages
from tests.support.gateway_playbook import (
    Gateway,
    acked,
    answers,
    answers_page,
    asked,
    asks,
    gives_up,
    hears,
    is_in,
    joins,
    lets_in,
    links,
    marks,
    play,
    refused,
    said,
    unanswered,
)
from tests.support.gateway_rig import EPOCH, Rig


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


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


def test_a_message_without_an_id_gets_one() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    ann.asks("chat", {"room": "tea", "message": "hi"})
    ann.asks("chat", {"room": "tea", "message": "hi", "id": "mine"})
    first, second = rig.broker.of(m.Say)
    assert len(first.id) >= 12
    assert second.id == "mine"


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


def test_the_handshakes_joins_are_done_before_any_request() -> None:
    rig = Rig()
    rooms = [{"room": "tea"}, {"room": "pot"}]
    ann = rig.browser({"token": "0123456789-abcdefghijk", "user": "ann", "join": rooms})
    assert not ann.socket.ready
    rig.let_in("ann", "tea", head=0)
    assert not ann.socket.ready
    rig.broker.answer(m.Join, lambda no: m.Failed(term=1, no=no, code="banned", message="no"))
    assert ann.socket.ready
    joined = [payload for name, payload in ann.hears() if name == "joined"]
    assert [ack["ok"] for ack in joined] == [True, False]
    assert [ack["room"] for ack in joined] == ["tea", "pot"]


def test_a_socket_that_is_gone_is_sent_nothing_and_the_broker_is_told() -> None:
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    rig.chat.gone(ann.socket, left=True)
    (gone,) = rig.broker.of(m.Gone)
    assert (gone.sid, gone.left) == (ann.socket.sid, True)
    sids = [session.sid for session in rig.chat.session_infos()]
    assert sids == [bob.socket.sid], "the broker may know already"
    rig.happens(message(2))
    assert (ann.lines(), bob.lines()) == ([], [2])
    rig.broker.answer(m.Gone, lambda no: m.Done(term=1, no=no))
    assert len(rig.chat.sessions) == 1


async def test_a_kicked_socket_is_told_why_and_closed_for_good() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    kick = m.Kicked(term=1, sids=[ann.socket.sid, "nobody"], code="banned", message="no")
    rig.chat.on_broadcast("", kick)
    assert "banned" in ann.transport.last[0].packet
    assert ann.socket.closed


def test_a_socket_is_sent_nothing_of_a_room_that_it_left(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        asks("ann", "leave", room="tea"),
        answers(m.Leave, m.Done),
        said(2),
        hears("ann"),
    )


def test_a_room_that_is_being_left_is_not_registered_again() -> None:
    """The broker may have done the leave already, and refuses its repetition: that is as good."""
    rig = Rig()
    ann = rig.seated("ann")
    ann.asks("leave", {"room": "tea"})
    assert [session.rooms for session in rig.chat.session_infos()] == [[]]
    rig.broker.answer(m.Leave, lambda no: m.Failed(term=1, no=no, code="not_joined", message="no"))
    assert ann.acks[-1] == {"ok": True}
    rig.happens(message(2))
    assert ann.lines() == []
    ann.asks("leave", {"room": "tea"})
    rig.broker.answer(m.Leave, lambda no: m.Failed(term=1, no=no, code="not_joined", message="no"))
    assert ann.acks[-1]["error"]["code"] == "not_joined"


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


def test_a_leave_without_an_answer_leaves_nothing() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    ann.asks("leave", {"room": "tea"})
    rig.broker.answer(m.Leave, None)
    assert [session.rooms for session in rig.chat.session_infos()] == [["tea"]]
    rig.happens(message(2))
    assert ann.lines() == [2]


def test_every_socket_is_sent_announcements_and_plain_pages_as_messages() -> None:
    rig = Rig()
    ann, pat = rig.browser(), rig.browser()
    pat.asks("join", "pat")
    rig.let_in("pat", "lobby", head=0)
    rig.mark_all()
    while rig.broker.of(m.GetPage):
        rig.page([])
    event = m.Event(seq=1, kind="announce", user="system", timestamp=1.0, text="noon")
    rig.happens(event, room="system")
    kinds = [
        payload["EvtType"]
        for browser in (ann, pat)
        for name, payload in browser.hears()
        if name == "chat"
    ]
    assert kinds == ["announce", "message"]


def test_a_second_join_replays_nothing(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        joins("ann", since=0),
        lets_in("ann", again=True, recovered=True),
        hears("ann"),
    )
