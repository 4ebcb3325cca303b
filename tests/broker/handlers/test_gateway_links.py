"""broker.handlers.gateway_links and broker.model.gateways: hello, leases, and people who stay
when their gateway's link is lost."""

import pytest

from broker.model.gateways import Gateways
from common.errors import Refused
from common.messages import (
    Beat,
    Bye,
    Done,
    GetHeads,
    Hello,
    Register,
    SessionInfo,
    TakeUp,
    Welcome,
    events_topic,
    presence_topic,
)
from tests.support.broker_playbook import (
    Chat,
    answered,
    asks,
    beacon,
    hello,
    joined,
    joins,
    marked,
    nothing_else,
    opens,
    play,
    presence,
    refused,
    restart,
    returns,
    says,
    seconds,
    silence,
    told,
)


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    play(chat, hello("g1"), hello("g2"))
    return chat


def test_hello_is_welcomed() -> None:
    chat = Chat(events_advertise="tcp://h:1")
    play(
        chat,
        asks(Hello(no=0, wire=1, gateway="g1")),
        answered(Welcome, epoch="epoch", events="tcp://h:1", lease_s=15.0, term=1),
        asks(Hello(no=0, wire=2, gateway="g1")),
        refused("bad_request"),
        asks(Hello(no=0, wire=1), "script"),
        answered(Welcome),
        asks(Beat(no=0), "script"),
        refused("hello"),
    )


@pytest.mark.parametrize("proof", ["", "q"])
def test_nobody_takes_a_gateway_s_id_without_its_proof(chat: Chat, proof: str) -> None:
    stolen = Hello(no=0, wire=1, gateway="g1", proof=proof)
    play(
        chat,
        joins("ann"),
        asks(stolen, "thief"),
        refused("forbidden"),
        asks(Beat(no=0), "thief"),
        refused("hello"),
        says("ann", "x"),
        told("lobby", "message", "ann", "x"),
        asks(Bye(no=0)),
        answered(Done),
        asks(stolen, "thief"),
        refused("forbidden"),
        asks(Hello(no=0, wire=1, gateway="g1", proof="p")),
        answered(Welcome),
    )


def test_a_gateway_without_a_proof_keeps_its_id_while_its_link_lives() -> None:
    chat = Chat()
    unproven = Hello(no=0, wire=1, gateway="g1")
    play(
        chat,
        asks(unproven, "first"),
        answered(Welcome),
        asks(unproven, "second"),
        refused("forbidden"),
        asks(Hello(no=0, wire=1, gateway="g1", proof="p"), "third"),
        refused("forbidden"),
        asks(unproven, "first"),
        answered(Welcome),
        silence("first"),
        seconds(15.1),
        asks(unproven, "second"),
        answered(Welcome),
    )


def test_a_second_hello_with_the_same_proof_takes_over(chat: Chat) -> None:
    play(
        chat,
        joins("ann"),
        asks(Hello(no=0, wire=1, gateway="g1", proof="p"), "new link"),
        joins("ann"),
        refused("hello"),
        says("ann", "x", gateway="new link"),
        told("lobby", "message", "ann", "x"),
    )


def test_the_people_of_a_silent_gateway_leave(chat: Chat) -> None:
    play(
        chat,
        joins("ann"),
        seconds(1),
        silence("g1"),
        seconds(44.9),
        nothing_else(),
        seconds(0.3),
        told("lobby", "leave", "ann"),
    )


def test_people_of_a_silent_gateway_may_come_back_by_another(chat: Chat) -> None:
    play(chat, joins("ann"), silence("g1"), seconds(20), joins("ann/2", gateway="g2"))
    play(chat, joined("ann", head=1), seconds(60), nothing_else())


def test_a_gateway_that_was_given_up_has_to_say_hello_first(chat: Chat) -> None:
    play(chat, joins("ann"), silence("g1"), seconds(15.1), says("ann", "late"), refused("hello"))


def test_people_of_a_silent_gateway_stay_if_it_comes_back(chat: Chat) -> None:
    play(chat, joins("ann"), seconds(1), silence("g1"), seconds(40), returns("g1", ann=["lobby"]))
    play(chat, answered(Done), nothing_else(), seconds(60), nothing_else())
    play(chat, says("ann", "x"), told("lobby", "message", "ann", "x"))


def test_bye_gives_the_move_grace(chat: Chat) -> None:
    play(chat, joins("ann"), asks(Bye(no=0)), answered(Done), silence("g1"), seconds(29.9))
    play(chat, seconds(0.2), told("lobby", "leave", "ann"))


def test_sockets_that_are_not_named_have_the_leave_grace(chat: Chat) -> None:
    play(chat, joins("ann"), joins("bob"), joins("bob", "tea"), seconds(1))
    play(chat, returns("g1", bob=["lobby"]), answered(Done), seconds(4.9), nothing_else())
    play(chat, seconds(0.2), told("tea", "leave", "bob"), told("lobby", "leave", "ann"))
    play(chat, seconds(1), says("bob", "x"), told("lobby", "message", "bob", "x"))


def test_a_room_that_is_named_again_in_time_was_never_left(chat: Chat) -> None:
    play(chat, joins("ann"), joins("ann", "tea"), seconds(1), returns("g1", ann=["lobby"]))
    play(chat, seconds(3), returns("g1", ann=["lobby", "tea"]), seconds(20), nothing_else())


def test_a_join_whose_answer_was_lost_is_answered_as_the_first_one(chat: Chat) -> None:
    play(chat, joins("ann"), joins("bob"), opens("bob", "ann"), joins("ann", "tea"), restart())
    private = dict.fromkeys(chat.shelf.kinds.keys() - {"lobby", "tea"}, 0)
    play(chat, returns("g1", ann=["lobby"]), joins("ann", "tea"))
    play(chat, joined("ann", "tea", again=False, head=1, private={}), nothing_else())
    play(chat, joins("ann", "tea"), joined("ann", "tea", again=True), nothing_else())
    play(chat, joins("bob"), joined("bob", again=False, head=2, private=private), nothing_else())
    play(chat, joins("bob"), joined("bob", again=True, private={}), seconds(20))
    play(chat, presence(count=2), presence("tea", count=1), nothing_else())


def test_a_gateway_brings_people_that_the_broker_has_given_up(chat: Chat) -> None:
    play(chat, joins("ann"), silence("g1"), seconds(50), returns("g1", ann=["lobby", "new"]))
    play(chat, says("ann", "x", "new"), told("new", "message", "ann", "x"))
    assert [event.kind for event in chat.shelf.logs["lobby"]] == ["join", "leave", "join"]


def test_impossible_sessions_in_a_register_are_ignored(chat: Chat) -> None:
    play(chat, joins("ann"))
    rooms = ["lobby", "system", "a b", "@nowhere", "Tea"]
    sessions = [
        SessionInfo("ann", chat.uid("ann"), False, rooms),
        SessionInfo("x", "nobody", False, []),
    ]
    play(chat, asks(Register(no=0, sessions=sessions, last=True)), answered(Done), nothing_else())


def test_a_register_of_very_many_unknown_rooms_is_answered(chat: Chat) -> None:
    play(chat, joins("ann"))
    rooms = [f"@{number}" for number in range(50_000)]
    for _ in range(3):
        play(
            chat,
            asks(
                Register(
                    no=0, sessions=[SessionInfo("ann", chat.uid("ann"), False, rooms)], last=False
                )
            ),
        )
        play(chat, answered(Done), nothing_else())


def test_after_a_restart_nobody_sees_a_storm(chat: Chat) -> None:
    play(chat, joins("ann"), joins("bob", gateway="g2"), opens("ann", "bob"), restart())
    play(chat, seconds(10), nothing_else(), returns("g1", ann=["lobby"]), answered(Done))
    play(chat, nothing_else(), joins("cid"), told("lobby", "join", "cid"), joined("cid", count=3))
    play(chat, seconds(1), beacon("g1", lobby=3), nothing_else())
    play(chat, returns("g2", bob=["lobby"]), seconds(0.5), presence(joined=["cid"], count=3))
    play(chat, seconds(60), nothing_else())


def test_presence_waits_one_lease_time_for_a_gateway_that_is_gone(chat: Chat) -> None:
    play(chat, joins("ann"), joins("bob", gateway="g2"), restart(), returns("g1", ann=["lobby"]))
    play(chat, joins("cid"), seconds(14.9), nothing_else(), seconds(0.3))
    play(chat, presence(joined=["cid"], count=3), seconds(30), told("lobby", "leave", "bob"))


def test_a_mark_has_the_head(chat: Chat) -> None:
    play(chat, joins("ann"), says("ann", "x"))
    topics = [events_topic("lobby"), presence_topic("lobby"), events_topic("nowhere")]
    play(
        chat,
        asks(TakeUp(no=0, topics=topics, nonce="n")),
        marked(topics[0], 2),
        marked(topics[1], 0),
        marked(topics[2], 0),
        answered(Done),
        nothing_else(),
    )
    told_heads = chat.answer(GetHeads(no=0, rooms=["lobby", "nowhere"])).heads
    assert told_heads == {"lobby": 2, "nowhere": 0}


def test_beacons_name_what_changed_lately_in_the_gateway_s_rooms(chat: Chat) -> None:
    play(chat, joins("ann"), joins("bob", "tea", gateway="g2"), seconds(1.1))
    play(chat, beacon("g1", lobby=1), beacon("g2", tea=1), seconds(4), seconds(1))
    play(chat, beacon("g1"), beacon("g2"))


def test_a_change_is_named_by_three_beacons_however_late_they_are(chat: Chat) -> None:
    """A gateway that has missed three beacons requests the heads of its rooms."""
    play(chat, joins("ann"), seconds(5), says("ann", "x"))
    for heads in {"lobby": 2}, {"lobby": 2}, {"lobby": 2}, {}:
        chat.now += 2.5  # the broker was busy
        play(chat, seconds(0.05), beacon("g1", **heads))


def test_the_number_of_gateways_is_limited() -> None:
    gateways = Gateways(15, 30)
    for number in range(1000):
        gateways.bind(b"%d" % number, str(number), "", 0)
    with pytest.raises(Refused):
        gateways.bind(b"x", "x", "", 0)
    assert gateways.expire(16) == []
    gateways.bind(b"x", "x", "", 16)
