"""broker.handlers.direct_rooms: conversations of two people, which do not exist for others."""

import pytest

from broker.effects import Publish, SendPage
from common.messages import Direct, Done, GetHistory, Happened, Opened, Quit, Said
from tests.support.broker_playbook import (
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
    returns,
    says,
    seconds,
)


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    play(chat, hello("g1"), hello("g2"), hello("g3"))
    play(chat, joins("ann"), joins("bob", gateway="g2"), joins("eve", gateway="g3"), seconds(1))
    return chat


def test_both_come_to_the_same_room(chat: Chat) -> None:
    room = chat.direct_room("ann", "bob")
    assert room.startswith("@")
    assert len(room) == 23
    bob = chat.uid("bob")
    play(chat, opens("ann", "BOB"), answered(Opened, room=room, user="bob", uid=bob, head=0))
    play(chat, nothing_else(), says("ann", "hi", room))
    play(chat, asks(Direct(no=0, sid="bob", uid=chat.uid("ann")), "g2"))
    play(chat, answered(Opened, room=room, user="ann", head=1), nothing_else())


def test_a_message_goes_to_members_only(chat: Chat) -> None:
    room = chat.direct_room("ann", "bob")
    play(chat, opens("ann", "bob"), says("ann", "psst", room))
    told = [one for one in chat.seen if isinstance(one, Publish)]
    assert {one.topic for one in told} == {"gateway/g1\0", "gateway/g2\0"}
    for one in told:
        assert isinstance(one.message, Happened)
        assert sorted(one.message.to) == sorted([chat.uid("ann"), chat.uid("bob")])
    play(chat, says("eve", "me too", room, gateway="g3"), refused("no_such_room"), nothing_else())


def test_somebody_who_is_away_is_found(chat: Chat) -> None:
    play(chat, closes("bob", "g2"), opens("ann", "bob"), answered(Opened, user="bob"))
    play(chat, seconds(700))
    assert not chat.remembers("bob")
    play(chat, opens("ann", "bob"), answered(Opened, user="bob"), restart(), hello("g1"))
    play(chat, joins("ann"), opens("ann", "bob"), answered(Opened, user="bob"))


def test_a_name_that_two_people_had_needs_the_uid(chat: Chat) -> None:
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
def test_some_conversations_cannot_be_opened(chat: Chat, asked: Direct, code: str) -> None:
    play(chat, joins("pam", plain=True), asks(asked), refused(code), nothing_else())


def private(chat: Chat, user: str) -> list[str]:
    """The private rooms in this person's list, the oldest first."""
    return list(chat.person(user).private_rooms)


def test_a_conversation_begins_with_its_first_message(chat: Chat) -> None:
    room = chat.direct_room("ann", "bob")
    play(chat, opens("ann", "bob"), seconds(1), nothing_else())
    assert (private(chat, "ann"), private(chat, "bob")) == ([room], [])
    play(chat, restart(), returns("g1", ann=["lobby"]), returns("g2", bob=["lobby"]))
    assert (private(chat, "ann"), private(chat, "bob")) == ([room], [])
    play(chat, says("ann", "psst", room))
    (told,) = [one.message for one in chat.seen if isinstance(one, Publish)][:1]
    assert isinstance(told, Happened)
    assert told.floors == {chat.uid("bob"): 0}
    assert private(chat, "bob") == [room]


def test_strangers_cannot_keep_anybody_from_conversations() -> None:
    chat = Chat(private_rooms=2)
    play(chat, hello(), joins("ann"), joins("bob"))
    for number in range(5):
        stranger = f"s{number}"
        play(chat, joins(stranger), opens(stranger, "ann"), answered(Opened))
        play(chat, says(stranger, "hi", chat.direct_room("ann", stranger)))
    assert private(chat, "ann") == [chat.direct_room("ann", f"s{n}") for n in (3, 4)]
    play(chat, opens("ann", "bob"), answered(Opened), opens("bob", "ann"), answered(Opened))
    play(chat, says("s0", "again", chat.direct_room("ann", "s0")))
    assert chat.direct_room("ann", "s0") in private(chat, "ann")
    assert len(private(chat, "ann")) == 3


def test_somebody_who_answers_everybody_has_at_most_twice_the_limit_of_conversations() -> None:
    chat = Chat(private_rooms=2)
    play(chat, hello(), joins("ann"))
    for number in range(7):
        stranger = f"s{number}"
        play(chat, joins(stranger))
        room = chat.direct_room("ann", stranger)
        play(chat, opens(stranger, "ann"), says(stranger, "hi", room))
        play(chat, says("ann", "hello", room), answered(Said, room=room))
    ann = chat.person("ann")
    assert len(ann.own_rooms) == 2
    assert private(chat, "ann") == [chat.direct_room("ann", f"s{n}") for n in (0, 1, 5, 6)]
    kept = private(chat, "ann")
    play(chat, restart(), returns("g1", ann=["lobby"]))
    assert private(chat, "ann") == kept


def test_a_person_opens_conversations_up_to_a_limit_and_may_quit_some() -> None:
    chat = Chat(private_rooms=1)
    play(chat, hello(), joins("ann"), joins("bob"), joins("cid"), opens("ann", "bob"))
    play(chat, opens("ann", "cid"), refused("forbidden"), opens("ann", "bob"), answered(Opened))
    play(chat, asks(Quit(no=0, sid="ann", room=chat.direct_room("ann", "bob"))), answered(Done))
    play(chat, opens("ann", "cid"), answered(Opened))


def test_a_conversation_that_was_quit_comes_back_with_its_next_message(chat: Chat) -> None:
    room = chat.direct_room("ann", "bob")
    quits = asks(Quit(no=0, sid="ann", room=room))
    play(chat, opens("ann", "bob"), says("ann", "one", room), quits, answered(Done))
    play(chat, quits, answered(Done))
    assert private(chat, "ann") == []
    assert private(chat, "bob") == [room]
    play(chat, restart(), returns("g1", ann=["lobby"]), returns("g2", bob=["lobby"]))
    play(chat, asks(GetHistory(no=0, sid="ann", room=room)))
    assert any(isinstance(one, SendPage) for one in chat.seen)
    play(chat, says("bob", "two", room, gateway="g2"))
    (told,) = [one.message for one in chat.seen if isinstance(one, Publish)][:1]
    assert isinstance(told, Happened)
    assert told.floors == {chat.uid("ann"): 1}
    assert private(chat, "ann") == [room]


def test_only_an_own_conversation_can_be_quit(chat: Chat) -> None:
    room = chat.direct_room("ann", "bob")
    play(chat, opens("ann", "bob"), asks(Quit(no=0, sid="eve", room=room), "g3"))
    play(chat, refused("no_such_room"), asks(Quit(no=0, sid="eve", room="lobby"), "g3"))
    play(chat, refused("forbidden"))


def test_opening_conversations_costs_as_messages_do() -> None:
    chat = Chat(message_rate=1.0, message_burst=2)
    play(chat, hello(), *(joins(name) for name in ("ann", "bob", "cid", "eve")))
    play(chat, opens("ann", "bob"), answered(Opened), opens("ann", "cid"), answered(Opened))
    play(chat, opens("ann", "eve"), refused("rate_limited"))
    play(chat, opens("ann", "bob"), answered(Opened), seconds(1.1), opens("ann", "eve"))
    play(chat, answered(Opened))
