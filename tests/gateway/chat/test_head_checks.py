"""gateway/chat/head_checks.py: the heads of rooms show what this gateway lacks."""

from typing import Any

from common import messages as m
from gateway.chat.head_checks import QUESTION_PEOPLE
from gateway.runtime.questions import RETRY_S
from gateway.runtime.timer_wheel import TICK_S
from tests.support.events import message, messages
from tests.support.gateway_rig import EPOCH, Rig

DM = "@dm"


def tell(rig: Rig, heads: dict[str, int], **members: list[str]) -> m.GetHeads:
    """Answers the oldest question for heads of people."""
    while not rig.broker.of(m.GetHeads)[0].people:
        rig.broker.answer(m.GetHeads, lambda no: m.HeadsTold(term=1, no=no, heads={}))
    rooms = {f"@{name}": uids for name, uids in members.items()}
    command: m.GetHeads = rig.broker.answer(
        m.GetHeads, lambda no: m.HeadsTold(term=1, no=no, heads=heads, members=rooms)
    )
    rig.pass_time()
    return command


def relink(rig: Rig, epoch: str = EPOCH) -> None:
    rig.broker.asked.clear()
    rig.chat.on_link_down()
    rig.chat.on_link_up(epoch, 2)
    rig.pass_time()


def asked_pages(rig: Rig, room: str = DM) -> list[Any]:
    return [page for page in rig.broker.of(m.GetPage) if page.room == room]


def test_a_new_private_room_is_found_after_a_relink() -> None:
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    relink(rig)
    assert tell(rig, {DM: 2}, dm=["u-ann"]).people == ["u-ann", "u-bob"]
    while asked_pages(rig)[0] is not rig.broker.of(m.GetPage)[0]:
        rig.broker.answer(m.GetPage, None)
    rig.page(messages(1, 2))
    assert (ann.lines(), bob.lines()) == ([1, 2], [])


def test_a_member_who_came_after_the_question_is_sent_the_events_too() -> None:
    """The broadcast came before bob's join was answered: only the heads, asked for ann, show it."""
    rig = Rig()
    ann = rig.seated("ann")
    relink(rig)
    bob = rig.browser()
    bob.asks("join", {"user": "bob", "room": "tea"})
    rig.let_in("bob", private={DM: 1})
    assert tell(rig, {DM: 2}, dm=["u-ann"]).people == ["u-ann"]
    while rig.broker.of(m.GetPage):
        room = rig.broker.of(m.GetPage)[0].room
        rig.page(messages(1, 2) if room == DM else [message(1)], to=["u-ann", "u-bob"])
    rig.pass_time(0.2)
    while rig.broker.of(m.GetPage):
        rig.page(messages(1, 2), to=["u-ann", "u-bob"])
    private = [p["Seq"] for name, p in bob.hears() if name == "chat" and p["Room"] == DM]
    assert private == [2]
    assert ann.lines() == [1, 2]


def test_a_room_that_has_all_events_requests_no_page() -> None:
    rig = Rig()
    ann = rig.browser()
    ann.asks("join", {"user": "ann", "room": "tea"})
    rig.let_in("ann", private={DM: 2})
    relink(rig)
    tell(rig, {DM: 2}, dm=["u-ann"])
    assert asked_pages(rig) == []
    assert rig.chat.rooms.names(private=True) == []


async def test_a_person_banned_while_the_link_was_down_is_sent_away() -> None:
    """Plain pages as well."""
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    pat = rig.browser()
    pat.asks("join", "pat")
    rig.let_in("pat", "lobby", head=0)
    relink(rig)
    command = rig.broker.answer(
        m.GetHeads,
        lambda no: m.HeadsTold(term=1, no=no, heads={}, banned=["u-bob", "u-pat", "u-eve"]),
    )
    assert sorted(command.people) == ["u-ann", "u-bob", "u-pat"]
    for browser in (bob, pat):
        assert "banned" in browser.transport.last[0].packet
        assert browser.socket.closed
    assert not ann.socket.closed


def test_a_question_without_an_answer_is_asked_again() -> None:
    rig = Rig()
    rig.seated("ann")
    relink(rig)
    while rig.broker.of(m.GetHeads):
        rig.broker.answer(m.GetHeads, None)
    rig.pass_time(RETRY_S + TICK_S)
    assert [command.people for command in rig.broker.of(m.GetHeads)] == [["u-ann"]]


def test_many_people_are_asked_about_in_several_questions() -> None:
    rig = Rig()
    for number in range(QUESTION_PEOPLE + 1):
        rig.seated(f"p{number}")
    relink(rig)
    assert [len(command.people) for command in rig.broker.of(m.GetHeads)] == [QUESTION_PEOPLE, 1]


def test_the_mark_of_the_own_topic_is_asked_for_until_it_is_seen_though_beacons_come() -> None:
    rig = Rig()
    relink(rig)
    for beat in range(1, 4):
        rig.pass_time(RETRY_S)
        rig.chat.on_broadcast("", m.Beacon(term=1, beat=beat, epoch=EPOCH, heads={}))
    asked = [command.topics for command in rig.broker.of(m.TakeUp)]
    assert asked.count([m.gateway_topic("g1")]) >= 3
    assert not rig.chat.maintenance.caught_up
    rig.mark_all()
    assert rig.chat.maintenance.caught_up


def test_a_join_of_a_private_room_subscribes_the_other_members_here() -> None:
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.browser()
    bob.asks("join", {"user": "bob", "room": "tea"})
    rig.let_in("bob", private={DM: 1})  # Ann's gateway has missed its only line
    bob.asks("join", {"room": DM, "since": {"Epoch": EPOCH, "Seq": 1}})
    rig.let_in("bob", DM, head=1, recovered=True)
    while asked_pages(rig):
        while rig.broker.of(m.GetPage)[0].room != DM:
            rig.broker.answer(m.GetPage, None)
        rig.page([message(1)], to=["u-ann", "u-bob"])
    assert ann.lines() == [1]


def test_another_epoch_cuts_off_the_sockets_with_private_rooms() -> None:
    rig = Rig()
    ann, bob = rig.seated("ann"), rig.seated("bob")
    rig.happens(message(1), room=DM, to=["u-ann", "u-cleo"])
    relink(rig, "e2")
    assert (ann.transport.lost, bob.transport.lost) == (True, False)
