"""Public rooms here: gateway/rooms/room_table.py, gateway/rooms/public_room.py,
gateway/rooms/plain_rosters.py, gateway/rooms/tail_budget.py."""

from common import messages as m
from tests.support.events import message, messages
from tests.support.gateway_rig import EPOCH, Rig


def test_a_hole_is_filled_before_anything_newer_is_sent() -> None:
    rig = Rig()
    ann = rig.seated("ann", head=3)
    rig.happens(message(6))
    rig.happens(message(7))
    assert ann.lines() == []
    assert rig.page(messages(4, 7)).after == 3
    assert rig.broker.of(m.GetPage) == []
    assert ann.lines() == [4, 5, 6, 7]


def test_a_page_that_did_not_come_is_asked_for_after_a_while() -> None:
    rig = Rig()
    ann = rig.seated("ann", head=3)
    rig.happens(message(6))
    rig.broker.answer(m.GetPage, None)
    assert rig.broker.of(m.GetPage) == []
    rig.pass_time(1.1)
    rig.page(messages(4, 6))
    assert ann.lines() == [4, 5, 6]


def test_another_epoch_starts_the_room_over() -> None:
    rig = Rig()
    ann = rig.seated("ann", head=3)
    news = m.Happened(term=1, epoch="e2", room="tea", events=[message(2)])
    rig.chat.on_broadcast("", news)
    rig.broker.answer(
        m.GetPage,
        lambda no: m.Paged(
            term=1, no=no, room="tea", epoch="e2", head=2, events=messages(1, 2), more=False
        ),
    )
    rig.pass_time()
    heard = ann.hears()
    assert heard[0] == ("reset", {"Room": "tea", "Epoch": "e2", "Seq": 2})
    assert [payload["Seq"] for name, payload in heard if name == "chat"] == [1, 2]


def test_a_room_without_people_is_unsubscribed() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    assert m.events_topic("tea") in rig.broker.topics
    rig.chat.gone(ann.socket, left=True)
    rig.pass_time(0.2)
    rig.pass_time(6.0)
    assert [topic for topic in rig.broker.topics if "/tea" in topic] == []
    assert m.events_topic("system") in rig.broker.topics


def test_presence_is_passed_on() -> None:
    rig = Rig()
    ann = rig.seated("ann")
    news = m.Presence(term=1, room="tea", since=5, version=6, count=2, joined=["bob"])
    rig.chat.on_broadcast("", news)
    assert ann.hears() == [
        (
            "presence",
            {"Room": "tea", "Since": 5, "Version": 6, "Count": 2, "Joined": ["bob"], "Left": []},
        )
    ]


def test_typing_goes_to_the_others() -> None:
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    rig.chat.on_broadcast("", m.Typing(term=1, room="tea", users={"u-ann": "ann"}))
    assert ann.hears() == [("typing", {"Room": "tea", "Users": []})]
    assert bob.hears() == [("typing", {"Room": "tea", "Users": ["ann"]})]


def plain(rig: Rig, name: str, names: list[str], count: int, crowd: bool):
    pat = rig.browser()
    pat.asks("join", name)
    rig.let_in(name, "lobby", head=0)
    rig.mark_all()
    while rig.broker.of(m.GetPage):
        rig.page([])
    rig.pass_time(0.1)
    pat.hears()
    rig.broker.answer(
        m.GetNames,
        lambda no: m.Listed(
            term=1, no=no, count=count, version=1, users=names, more=False, crowd=crowd
        ),
    )
    return pat


def test_plain_pages_get_one_line_of_names() -> None:
    pat = plain(Rig(), "pat", ["ann", "pat"], 2, crowd=False)
    assert pat.hears() == [("participant", "ann, pat")]


def test_plain_pages_of_a_crowd_get_the_first_hundred() -> None:
    names = [f"p{n:03}" for n in range(200)]
    pat = plain(Rig(), "p000", names, 10_000, crowd=True)
    ((_, line),) = pat.hears()
    assert line == ", ".join(names[:100]) + ", … and 9900 more"


def test_typing_on_a_plain_page_is_a_name() -> None:
    rig = Rig()
    pat = plain(rig, "pat", ["pat"], 1, crowd=False)
    pat.hears()
    rig.chat.on_broadcast("", m.Typing(term=1, room="lobby", users={"u-ann": "ann"}))
    assert pat.hears() == [("typing", "ann")]
    rig.chat.on_broadcast("", m.Typing(term=1, room="lobby", users={}))
    assert pat.hears() == [("typing", "")]


def test_the_largest_tail_is_shed_when_all_are_too_large() -> None:
    rig = Rig(tail_bytes=8_000)
    rig.seated("ann", "large", head=12)
    rig.seated("bob", "small", head=3)
    rig.pass_time(0.2)
    tails = {room.name: room.kept_bytes for room in rig.chat.rooms}
    assert tails["large"] == 0
    assert tails["small"] > 0
    assert rig.chat.rooms.public("large").replica.epoch == EPOCH
