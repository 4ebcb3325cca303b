"""gateway/chat/head_checks.py: the heads of rooms show what this gateway lacks."""

import pytest

from common import messages as m
from gateway.chat.head_checks import QUESTION_PEOPLE
from gateway.runtime.questions import RETRY_S
from gateway.runtime.timer_wheel import TICK_S
from tests.support.events import message, messages
from tests.support.gateway_playbook import (
    Gateway,
    answers,
    answers_page,
    asked,
    asked_pages,
    asks,
    broadcasts,
    caught_up,
    cut_off,
    gives_up_all,
    happens,
    hears,
    is_in,
    joins,
    lets_in,
    marks,
    play,
    relinks,
    seconds,
    sent_away,
    stays,
    steps,
    tells_heads,
)
from tests.support.gateway_rig import EPOCH

DM = "@dm"
MEMBERS = ["u-ann", "u-bob"]


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def test_a_new_private_room_is_found_after_a_relink(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        is_in("bob"),
        relinks(),
        tells_heads({DM: 2}, about=["ann", "bob"], members={DM: ["ann"]}),
        answers_page(messages(1, 2), room=DM),
        hears("ann", 1, 2),
        hears("bob"),
    )


def test_a_member_who_came_after_the_question_is_sent_the_events_too(gateway: Gateway) -> None:
    """The broadcast came before bob's join was answered: only the heads, asked for ann, show it."""
    play(
        gateway,
        is_in("ann"),
        relinks(),
        joins("bob"),
        lets_in("bob", private={DM: 1}),
        tells_heads({DM: 2}, about=["ann"], members={DM: ["ann"]}),
        answers_page(messages(1, 2), room=DM, to=MEMBERS),
        seconds(0.2),
        answers_page(messages(1, 2), room=DM, to=MEMBERS),
        hears("ann", 1, 2),
        hears("bob", 2),
    )


def test_a_room_that_has_all_events_requests_no_page(gateway: Gateway) -> None:
    play(
        gateway,
        joins("ann"),
        lets_in("ann", private={DM: 2}),
        relinks(),
        tells_heads({DM: 2}, about=["ann"], members={DM: ["ann"]}),
        asked_pages(DM),
    )
    assert gateway.chat.rooms.names(private=True) == []


async def test_a_person_banned_while_the_link_was_down_is_sent_away(gateway: Gateway) -> None:
    """Plain pages as well."""
    play(
        gateway,
        is_in("ann"),
        is_in("bob"),
        asks("pat", "join", "pat"),
        lets_in("pat", "lobby", head=0),
        relinks(),
        asked(m.GetHeads, {"people": ["u-ann", "u-bob", "u-pat"]}),
        answers(m.GetHeads, m.HeadsTold, heads={}, banned=["u-bob", "u-pat", "u-eve"]),
        sent_away("bob", "banned"),
        sent_away("pat", "banned"),
        stays("ann"),
    )


def test_a_question_without_an_answer_is_asked_again(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        relinks(),
        gives_up_all(m.GetHeads),
        asked(m.GetHeads),
        seconds(RETRY_S + TICK_S),
        asked(m.GetHeads, {"people": ["u-ann"]}),
    )


def test_many_people_are_asked_about_in_several_questions(gateway: Gateway) -> None:
    play(gateway, *(is_in(f"p{number}") for number in range(QUESTION_PEOPLE + 1)), relinks())
    asked = gateway.broker.of(m.GetHeads)
    assert [len(command.people) for command in asked] == [QUESTION_PEOPLE, 1]


def test_the_mark_of_the_own_topic_is_asked_for_until_it_is_seen_though_beacons_come(
    gateway: Gateway,
) -> None:
    play(
        gateway,
        relinks(),
        *(
            steps(
                seconds(RETRY_S),
                broadcasts(m.Beacon(term=1, beat=beat, epoch=EPOCH, heads={})),
            )
            for beat in range(1, 4)
        ),
    )
    asked = [command.topics for command in gateway.broker.of(m.TakeUp)]
    assert asked.count([m.gateway_topic("g1")]) >= 3
    play(gateway, caught_up(False), marks(0), caught_up())


def test_a_join_of_a_private_room_subscribes_the_other_members_here(gateway: Gateway) -> None:
    """Ann's gateway has missed the only line of the room."""
    play(
        gateway,
        is_in("ann"),
        joins("bob"),
        lets_in("bob", private={DM: 1}),
        joins("bob", DM, since=1),
        lets_in("bob", DM, head=1, recovered=True),
        answers_page([message(1)], room=DM, to=MEMBERS),
        answers_page([message(1)], room=DM, to=MEMBERS),
        asked_pages(DM),
        hears("ann", 1),
    )


def test_another_epoch_cuts_off_the_sockets_with_private_rooms(gateway: Gateway) -> None:
    play(
        gateway,
        is_in("ann"),
        is_in("bob"),
        happens(message(1), room=DM, to=["u-ann", "u-cleo"]),
        relinks("e2"),
        cut_off("ann"),
        stays("bob"),
    )
