"""gateway/chat/chat.py, gateway/chat/dispatcher.py, gateway/runtime/ports.py: what browsers ask
and are answered."""

from common import messages as m
from tests.support.events import message, messages
from tests.support.gateway_rig import EPOCH, Rig


def test_the_ack_comes_before_what_is_replayed() -> None:
    rig = Rig()
    ann = rig.browser()
    ann.asks("join", {"user": "ann", "room": "tea"})
    (join,) = rig.broker.of(m.Join)
    assert (join.user, join.room, len(join.key)) == ("ann", "tea", 64)
    rig.let_in("ann", head=3)
    (ack,) = ann.acks
    assert (ack["ok"], ack["seq"], ack["recovered"]) == (True, 3, False)
    assert ack["token"] not in join.key
    assert ann.lines() == []
    rig.mark_all(head=3)
    while rig.broker.of(m.GetPage)[0].room != "tea":
        rig.page([])
    rig.page(messages(1, 3))
    assert ann.lines() == [1, 2, 3]


def test_what_was_not_answered_in_time_is_unavailable_but_a_message_stays_unanswered() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    ann.acks.clear()
    ann.asks("history", {"room": "tea"})
    ann.asks("chat", {"room": "tea", "message": "hi"})
    rig.broker.answer(m.GetHistory, None)
    rig.broker.answer(m.Say, None)
    assert ann.acks[0]["error"]["code"] == "unavailable"
    assert ann.acks[1] is None


def test_a_message_without_an_id_gets_one() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    ann.asks("chat", {"room": "tea", "message": "hi"})
    ann.asks("chat", {"room": "tea", "message": "hi", "id": "mine"})
    first, second = rig.broker.of(m.Say)
    assert len(first.id) >= 12
    assert second.id == "mine"


def test_another_token_on_a_bound_socket_is_refused() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    ann.acks.clear()
    ann.asks("join", {"room": "other", "token": "another-abcdefghijklmn"})
    assert ann.acks[0]["error"]["code"] == "bad_request"
    assert rig.broker.of(m.Join) == []


def test_rubbish_is_answered() -> None:
    rig = Rig()
    ann = rig.browser()
    ann.asks("join", 5)
    ann.asks("nonsense")
    assert [ack["error"]["code"] for ack in ann.acks] == ["bad_request", "bad_request"]


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


def test_who_has_gone_hears_nothing_and_the_broker_is_told() -> None:
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    rig.chat.gone(ann.socket, left=True)
    (gone,) = rig.broker.of(m.Gone)
    assert (gone.sid, gone.left) == (ann.socket.sid, True)
    sids = [sitting.sid for sitting in rig.chat.session_infos()]
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
    assert "banned" in ann.carrier.last[0].text
    assert ann.socket.closed


def test_a_leave_that_was_done_ends_the_hearing() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    ann.asks("leave", {"room": "tea"})
    rig.broker.answer(m.Leave, lambda no: m.Done(term=1, no=no))
    rig.happens(message(2))
    assert ann.lines() == []


def test_what_is_being_left_is_not_registered_again() -> None:
    """The broker may have done it, and then it refuses it: that is as good."""
    rig = Rig()
    ann = rig.seated("ann")
    ann.asks("leave", {"room": "tea"})
    assert [sitting.rooms for sitting in rig.chat.session_infos()] == [[]]
    rig.broker.answer(m.Leave, lambda no: m.Failed(term=1, no=no, code="not_joined", message="no"))
    assert ann.acks[-1] == {"ok": True}
    rig.happens(message(2))
    assert ann.lines() == []
    ann.asks("leave", {"room": "tea"})
    rig.broker.answer(m.Leave, lambda no: m.Failed(term=1, no=no, code="not_joined", message="no"))
    assert ann.acks[-1]["error"]["code"] == "not_joined"


def test_a_join_that_comes_again_before_a_leave_replays_nothing() -> None:
    """The leave keeps the room from being registered: to the broker the join is a new one."""
    rig = Rig()
    ann = rig.seated("ann", head=3)
    ann.asks("join", {"room": "tea", "since": {"Epoch": EPOCH, "Seq": 1}})
    ann.asks("leave", {"room": "tea"})
    rig.link(head=3)
    rig.let_in("ann", head=3, recovered=True)
    assert ann.acks[-1]["recovered"]
    assert ann.lines() == []
    rig.happens(message(4))
    assert ann.lines() == [4]


def test_a_leave_that_was_not_answered_is_none() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    ann.asks("leave", {"room": "tea"})
    rig.broker.answer(m.Leave, None)
    assert [sitting.rooms for sitting in rig.chat.session_infos()] == [["tea"]]
    rig.happens(message(2))
    assert ann.lines() == [2]


def test_every_socket_hears_announcements_and_plain_pages_as_messages() -> None:
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


def test_a_second_join_replays_nothing() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    ann.asks("join", {"room": "tea", "since": {"Epoch": EPOCH, "Seq": 0}})
    rig.let_in("ann", again=True, recovered=True)
    assert ann.lines() == []
