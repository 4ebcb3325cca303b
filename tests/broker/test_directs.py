"""broker.directs: conversations of two, which to others do not exist."""

import pytest

from broker.effects import Publish
from common.messages import Direct, Happened, Opened
from tests.playbook import (
    Chat,
    answered,
    asks,
    closes,
    hello,
    joins,
    nothing_else,
    opens,
    play,
    refused,
    restart,
    says,
    seconds,
)


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    play(chat, hello("g1"), hello("g2"), hello("g3"))
    play(chat, joins("ann"), joins("bob", gateway="g2"), joins("eve", gateway="g3"), seconds(1))
    return chat


def room_of(chat: Chat, one: str, other: str) -> str:
    return chat.core._house.directory.direct_room(chat.uid(one), chat.uid(other))


def test_both_come_to_the_same_room(chat: Chat) -> None:
    room = room_of(chat, "ann", "bob")
    assert room.startswith("@")
    assert len(room) == 23
    bob = chat.uid("bob")
    play(chat, opens("ann", "BOB"), answered(Opened, room=room, user="bob", uid=bob, head=0))
    play(chat, nothing_else(), says("ann", "hi", room))
    play(chat, asks(Direct(no=0, sid="bob", uid=chat.uid("ann")), "g2"))
    play(chat, answered(Opened, room=room, user="ann", head=1), nothing_else())


def test_what_is_said_goes_to_members_only(chat: Chat) -> None:
    room = room_of(chat, "ann", "bob")
    play(chat, opens("ann", "bob"), says("ann", "psst", room))
    told = [one for one in chat.seen if isinstance(one, Publish)]
    assert {one.topic for one in told} == {"gateway/g1\0", "gateway/g2\0"}
    for one in told:
        assert isinstance(one.message, Happened)
        assert sorted(one.message.to) == sorted([chat.uid("ann"), chat.uid("bob")])
    play(chat, says("eve", "me too", room, gateway="g3"), refused("no_such_room"), nothing_else())


def test_who_is_away_is_found(chat: Chat) -> None:
    play(chat, closes("bob", "g2"), opens("ann", "bob"), answered(Opened, user="bob"))
    play(chat, seconds(700))
    assert chat.core._house.directory.people.get(chat.uid("bob")) is None
    play(chat, opens("ann", "bob"), answered(Opened, user="bob"), restart(), hello("g1"))
    play(chat, joins("ann"), opens("ann", "bob"), answered(Opened, user="bob"))


def test_a_name_that_two_left_behind_needs_the_uid(chat: Chat) -> None:
    play(chat, closes("bob", "g2"), seconds(700), joins("cid", user="bob"), closes("cid"))
    play(chat, opens("ann", "bob"), answered(Opened, uid=chat.uid("cid")), seconds(700))
    play(chat, opens("ann", "bob"), refused("no_such_user"))
    play(chat, asks(Direct(no=0, sid="ann", uid=chat.uid("bob"))), answered(Opened, user="bob"))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Direct(no=0, sid="ann", user="ann"), "bad_request"),
        (Direct(no=0, sid="ann", user="nobody"), "no_such_user"),
        (Direct(no=0, sid="ann", uid="nobody"), "no_such_user"),
        (Direct(no=0, sid="ann"), "bad_request"),
        (Direct(no=0, sid="ann", user="a,b"), "no_such_user"),
        (Direct(no=0, sid="nobody", user="ann"), "not_joined"),
        (Direct(no=0, sid="ann", user="pam"), "no_such_user"),
        (Direct(no=0, sid="pam", user="ann"), "forbidden"),
    ],
)
def test_what_cannot_be_opened(chat: Chat, asked: Direct, code: str) -> None:
    play(chat, joins("pam", plain=True), asks(asked), refused(code), nothing_else())


def test_one_person_has_so_many_private_rooms_only() -> None:
    chat = Chat(private_rooms=1)
    play(chat, hello(), joins("ann"), joins("bob"), joins("cid"), opens("ann", "bob"))
    play(chat, opens("cid", "ann"), refused("forbidden"), opens("bob", "ann"), answered(Opened))
