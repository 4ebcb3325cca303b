"""broker.handlers.messages and broker.model.typists: messages are stored once, typing is
published."""

import pytest

from common.messages import Ban, Done, Said, Type
from tests.support.broker_playbook import (
    Chat,
    Step,
    answered,
    asks,
    closes,
    hello,
    joins,
    leaves,
    nothing_else,
    opens,
    play,
    refused,
    restart,
    says,
    seconds,
    told,
    typing,
)


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    play(chat, hello("g1"), joins("ann"), seconds(1))
    return chat


def types(sid: str, is_typing: bool = True, room: str = "lobby") -> Step:
    return asks(Type(no=0, sid=sid, room=room, typing=is_typing))


def test_a_message_is_published_and_answered(chat: Chat) -> None:
    play(
        chat,
        says("ann", "hello", "Lobby", id="i"),
        told("lobby", "message", "ann", "hello"),
        answered(Said, room="lobby", id="i", seq=2, timestamp=chat.wall),
        nothing_else(),
    )


def test_a_repeat_gets_the_first_answer(chat: Chat) -> None:
    first = chat.wall
    play(chat, says("ann", "x", id="i"), answered(Said, seq=2, timestamp=first), seconds(1))
    play(chat, says("ann", "y", id="i"), answered(Said, seq=2, timestamp=first), nothing_else())
    play(chat, restart(), hello("g1"), joins("ann"))
    play(chat, says("ann", "z", id="i"), answered(Said, seq=2, timestamp=first), nothing_else())


def test_a_repeat_before_the_commit_gets_the_first_answer() -> None:
    chat = Chat(lazy=True)
    play(chat, hello(), joins("ann"), says("ann", "x", id="i"), answered(Said, seq=2))
    play(chat, says("ann", "x", id="i"), answered(Said, seq=2), nothing_else())
    chat.commit()
    play(chat, seconds(1), says("ann", "x", id="i"), answered(Said, seq=2), nothing_else())
    assert len(chat.state.uncommitted) == 0


def test_a_repeat_gets_the_first_answer_wherever_its_socket_is_now(chat: Chat) -> None:
    first = answered(Said, room="lobby", seq=2, timestamp=chat.wall)
    play(chat, joins("ann", "tea"), says("ann", "x", id="i"), first, leaves("ann"))
    play(chat, says("ann", "x", id="i"), first, nothing_else())
    play(chat, says("ann", "x", "LOBBY", id="i"), first, nothing_else())
    play(chat, closes("ann"), hello("g2"), joins("ann/2", "tea", gateway="g2"))
    play(chat, says("ann/2", "x", id="i", gateway="g2"), first, nothing_else())
    play(chat, restart(), hello("g2"), joins("ann/3", "tea", gateway="g2"))
    play(chat, says("ann/3", "x", id="i", gateway="g2"), first, nothing_else())
    play(chat, says("ann/3", "y", id="j", gateway="g2"), refused("not_joined"), nothing_else())


def test_a_repeat_before_the_commit_finds_it_after_its_socket_has_left() -> None:
    chat = Chat(lazy=True)
    play(chat, hello(), joins("ann"), joins("ann", "tea"), says("ann", "x", id="i"), leaves("ann"))
    play(chat, says("ann", "x", id="i"), answered(Said, room="lobby", seq=2), nothing_else())


def test_an_id_finds_nothing_that_somebody_else_has_said(chat: Chat) -> None:
    play(chat, joins("bob"), opens("ann", "bob"))
    room = chat.direct_room("ann", "bob")
    play(chat, says("ann", "x", room, id="i"), says("ann", "x", id="i"), joins("eve", "tea"))
    play(chat, says("eve", "x", room, id="i"), refused("no_such_room"), nothing_else())
    play(chat, says("eve", "x", id="i"), refused("not_joined"), nothing_else())


def test_somebody_who_is_banned_gets_no_answer_to_a_repeat(chat: Chat) -> None:
    play(chat, says("ann", "x", id="i"), asks(Ban(no=0, user="ann")))
    play(chat, says("ann", "x", id="i"), refused("not_joined"), nothing_else())


def test_ids_are_each_person_s_own(chat: Chat) -> None:
    play(chat, joins("bob"), says("ann", "x", id="i"), answered(Said, seq=3))
    play(chat, says("bob", "y", id="i"), answered(Said, seq=4))


@pytest.mark.parametrize(
    ("room", "text", "code"),
    [
        ("lobby", "", "bad_request"),
        ("lobby", " \n", "bad_request"),
        ("lobby", "\u200b", "bad_request"),
        ("lobby", "\u2800\u3164 \ufe0f", "bad_request"),
        ("lobby", "x" * 4001, "too_long"),
        ("tea", "x", "not_joined"),
        ("a b", "x", "bad_request"),
        ("system", "x", "forbidden"),
        ("@nowhere", "x", "no_such_room"),
    ],
)
def test_some_messages_are_refused(chat: Chat, room: str, text: str, code: str) -> None:
    play(chat, says("ann", text, room, id="i"), refused(code), nothing_else())


def test_somebody_who_sends_too_much_learns_when_to_try_again() -> None:
    chat = Chat(message_rate=10.0, message_burst=2)
    play(chat, hello(), joins("ann"), says("ann", "1"), says("ann", "2"), says("ann", "3"))
    play(chat, refused("rate_limited"), says("ann", "2"), answered(Said, seq=3))
    play(chat, seconds(0.1), says("ann", "3"), answered(Said, seq=4))


def test_a_repeat_costs_nothing_even_after_leaving() -> None:
    chat = Chat(message_rate=1.0, message_burst=1)
    play(chat, hello(), joins("ann"), joins("ann", "tea"), says("ann", "1"), leaves("ann"))
    play(chat, *[says("ann", "1"), answered(Said, seq=2)] * 3)
    play(chat, seconds(1), *[says("ann", "1"), answered(Said, seq=2)] * 3)
    play(chat, says("ann", "2", "tea"), answered(Said, seq=2))


def test_a_socket_that_has_not_joined_cannot_send(chat: Chat) -> None:
    play(chat, says("bob", "x"), refused("not_joined"), closes("ann"), says("ann", "x"))
    play(chat, refused("not_joined"))


def test_typing_is_published_at_most_twice_a_second(chat: Chat) -> None:
    play(chat, joins("bob"), seconds(1))
    play(
        chat,
        types("ann"),
        answered(Done),
        seconds(0.05),
        typing("lobby", "ann"),
        types("bob"),
        seconds(0.4),
        nothing_else(),
        seconds(0.1),
        typing("lobby", "ann", "bob"),
        seconds(5.3),
        nothing_else(),
        seconds(0.3),
        typing("lobby", "bob"),
        seconds(0.5),
        typing("lobby"),
    )


def test_typing_ends_with_the_message_or_a_leave(chat: Chat) -> None:
    play(chat, joins("bob"), types("ann"), types("bob"), seconds(1), typing("lobby", "ann", "bob"))
    play(chat, says("ann", "x"), seconds(0.05), typing("lobby", "bob"))
    play(chat, closes("bob"), seconds(0.5), typing("lobby"))


def test_nobody_types_in_a_crowd() -> None:
    chat = Chat(crowd=1)
    play(chat, hello(), joins("ann"), types("ann"), joins("bob"), types("bob"), seconds(0.1))
    play(chat, typing("lobby"), nothing_else(), seconds(1), types("bob"))
    play(chat, seconds(0.2), nothing_else())


def test_typing_in_a_private_room_goes_to_its_members_only(chat: Chat) -> None:
    play(chat, hello("g2"), hello("g3"), joins("bob", gateway="g2"), joins("eve", gateway="g3"))
    play(chat, opens("ann", "bob"))
    room = chat.direct_room("ann", "bob")
    play(chat, types("ann", room=room), seconds(0.1))
    topics = {one.topic for one in chat.seen if hasattr(one, "topic") and "Typing" in repr(one)}
    assert topics == {"gateway/g1\0", "gateway/g2\0"}
