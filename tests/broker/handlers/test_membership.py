"""broker.handlers.membership: joins and leaves, and what is published of them."""

import pytest

from broker.effects import Missing, NeedIdentity, NeedRoom
from common.messages import Done, GetNames, Join, Leave, Listed, Since
from tests.support.broker_playbook import (
    Chat,
    answered,
    asks,
    closes,
    drops,
    hello,
    joined,
    joins,
    key_of,
    leaves,
    nothing_else,
    opens,
    play,
    presence,
    refused,
    restart,
    returns,
    says,
    seconds,
    told,
)


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    play(chat, hello("g1"), hello("g2"))
    return chat


def names(chat: Chat, room: str = "lobby") -> list[str]:
    users: list[str] = chat.answer(GetNames(no=0, room=room)).users
    return users


def test_a_join_is_published_in_the_room(chat: Chat) -> None:
    play(
        chat,
        joins("ann"),
        told("lobby", "join", "ann"),
        joined("ann", head=1, count=1, again=False, recovered=False),
        nothing_else(),
        seconds(0.5),
        presence(joined=["ann"], count=1),
        nothing_else(),
    )


def test_a_join_says_what_it_lacks_and_uses_up_what_was_learned(chat: Chat) -> None:
    play(chat, joins("ann", room="lobby"))
    core, command = chat.core, Join(no=99, sid="s9", key=key_of("zoe"), room="attic", user="zoe")
    with pytest.raises(Missing) as missing:
        core.handle(b"g1", command, chat.now, chat.wall)
    needs = missing.value.needs
    assert [type(need) for need in needs] == [NeedIdentity, NeedRoom]
    assert list(core.needs(b"g1", command)) == list(needs)
    core.learn(needs, [None, None])
    assert core.handle(b"g1", command, chat.now, chat.wall)
    assert all(need not in core.state.facts for need in needs)
    again = Join(no=100, sid="s8", key=key_of("zoe"), room="lobby")
    assert list(core.needs(b"g1", again)) == [], "both are in memory"
    assert core.handle(b"g1", again, chat.now, chat.wall)


def test_a_second_tab_is_the_same_person(chat: Chat) -> None:
    play(
        chat,
        joins("ann"),
        joins("ann/2", gateway="g2"),
        joined("ann", head=1, count=1, again=False),
        nothing_else(),
        closes("ann"),
        answered(Done),
        nothing_else(),
        closes("ann/2", "g2"),
        told("lobby", "leave", "ann"),
    )


def test_joining_again_replays_nothing(chat: Chat) -> None:
    play(chat, joins("ann"), joins("ann"), joined("ann", again=True, recovered=True, head=1))


def test_since_brings_exactly_what_was_missed(chat: Chat) -> None:
    play(
        chat,
        joins("ann"),
        joins("bob", since=Since("epoch", 1)),
        joined("bob", head=2, recovered=True),
        joins("cid", since=Since("epoch", 9)),
        joined("cid", recovered=False),
        joins("dan", since=Since("other", 1)),
        joined("dan", recovered=False),
    )


def test_too_much_missed_is_not_recovered() -> None:
    chat = Chat(recovery_events=1)
    play(chat, hello(), joins("ann"), says("ann", "x"))
    play(chat, joins("bob", since=Since("epoch", 2)), joined("bob", head=3, recovered=True))
    play(chat, joins("cid", since=Since("epoch", 2)), joined("cid", head=4, recovered=False))


def test_a_reload_within_the_grace_is_not_seen(chat: Chat) -> None:
    play(
        chat,
        joins("ann"),
        seconds(1),
        drops("ann"),
        answered(Done),
        seconds(4.5),
        nothing_else(),
        joins("ann/2", "lobby", gateway="g2"),
        joined("ann", head=1),
        nothing_else(),
        seconds(3),
        nothing_else(),
    )


def test_a_lost_connection_leaves_after_the_grace(chat: Chat) -> None:
    play(chat, joins("ann"), drops("ann"), seconds(4.9))
    assert names(chat) == ["ann"]
    play(chat, seconds(0.2), told("lobby", "leave", "ann"))
    assert names(chat) == []


def test_a_plain_socket_leaves_at_once(chat: Chat) -> None:
    play(
        chat,
        joins("ann", "", plain=True),
        joined("ann", "lobby"),
        drops("ann"),
        told("lobby", "leave", "ann"),
        joins("bob", user="ann"),
        joined("ann"),
    )


def test_a_name_is_held_for_somebody_who_has_left(chat: Chat) -> None:
    play(
        chat,
        joins("ann"),
        closes("ann"),
        joins("bob", user="Ann"),
        joined("Ann2"),
        seconds(600.1),
        joins("cid", user="Ann"),
        joined("Ann"),
        joins("ann", user=None),
        joined("ann3"),
    )


def test_a_rename_is_published_in_all_rooms(chat: Chat) -> None:
    play(
        chat,
        joins("ann"),
        joins("ann", "tea"),
        seconds(1),
        joins("ann", "tea", user="Eve"),
        told("lobby", "rename", "Eve", "ann"),
        told("tea", "rename", "Eve", "ann"),
        joined("Eve", "tea", again=True, head=2),
        seconds(0.5),
        presence("lobby", joined=["Eve"], left=["ann"], count=1),
        presence("tea", joined=["Eve"], left=["ann"], count=1),
        nothing_else(),
        joins("bob", user="ann"),
        joined("ann"),
    )


def test_asking_again_for_a_taken_name_changes_nothing(chat: Chat) -> None:
    play(chat, joins("ann"), joins("bob", user="ann"), joined("ann2"))
    play(chat, joins("bob", "tea", user="ann"), joined("ann2", "tea"), told("tea", "join", "ann2"))
    play(chat, joins("cid", user="system"), joined("system2"))


def test_too_many_renames_are_refused() -> None:
    chat = Chat(message_rate=1.0, message_burst=2)
    play(chat, hello(), joins("ann", user="a"), joins("ann", user="b"), joins("ann", user="c"))
    play(chat, joins("ann", user="d"), refused("rate_limited"), nothing_else())
    play(chat, joins("ann", user="c"), joined("c"), seconds(1), joins("ann", user="d"), joined("d"))


@pytest.mark.parametrize(
    ("room", "user", "code"),
    [
        ("lobby", None, "bad_name"),
        ("lobby", "a,b", "bad_name"),
        ("a b", "ann", "bad_request"),
        ("System", "ann", "forbidden"),
        ("@nowhere", "ann", "no_such_room"),
    ],
)
def test_some_rooms_and_names_cannot_be_joined(
    chat: Chat, room: str, user: str | None, code: str
) -> None:
    play(chat, joins("ann", room, user=user), refused(code), nothing_else())
    assert not chat.shelf.people


def test_a_socket_belongs_to_one_token(chat: Chat) -> None:
    play(chat, joins("ann"))
    answer = chat.answer(Join(no=0, sid="ann", key=key_of("bob"), room="tea", user="bob"))
    assert answer.code == "bad_request"


def test_the_number_of_a_socket_s_rooms_is_limited() -> None:
    chat = Chat(socket_rooms=2)
    play(chat, hello(), joins("ann", "a"), joins("ann", "b"), joins("ann", "c"))
    play(chat, joins("ann", "c"), refused("forbidden"), joins("ann", "b"), joined("ann", "b"))
    play(chat, leaves("ann", "a"), joins("ann", "c"), joined("ann", "c"))


def test_the_count_in_the_answer_to_a_join_is_corrected(chat: Chat) -> None:
    """Bob joins and leaves before presence is published: a client that was given the count 2 then
    gets the count 1."""
    play(chat, joins("ann"), seconds(1), joins("bob"), joins("ann/2"), joined("ann", count=2))
    play(chat, closes("bob"), seconds(0.3), presence(count=1))
    play(chat, joins("bob"), closes("bob"), seconds(0.3), nothing_else())


def test_leaving(chat: Chat) -> None:
    play(
        chat,
        joins("ann"),
        leaves("ann", "Lobby"),
        told("lobby", "leave", "ann"),
        answered(Done),
        leaves("ann"),
        refused("not_joined"),
        leaves("ann", "@nowhere"),
        refused("no_such_room"),
        says("ann", "x"),
        refused("not_joined"),
    )


def test_a_leave_is_repeated_after_its_socket_was_registered_in_the_room_again(chat: Chat) -> None:
    leave = Leave(no=71, sid="ann", room="lobby")
    play(
        chat,
        joins("ann"),
        asks(leave),  # the answer is lost with the link, so the gateway repeats the leave
        answered(Done),
        returns("g1", ann=["lobby"]),
        asks(leave),
        answered(Done),
        told("lobby", "leave", "ann"),
        asks(GetNames(no=0, room="lobby")),
        answered(Listed, users=[]),
    )


def test_a_leave_whose_answer_was_lost_is_seen_once(chat: Chat) -> None:
    """The gateway does not name the room any more, and takes the refusal `not_joined` for
    success."""
    leave = asks(Leave(no=77, sid="ann", room="lobby"))
    play(chat, joins("ann"), joins("ann", "tea"), leave, told("lobby", "leave", "ann"))
    play(chat, returns("g1", ann=["tea"]), leave, refused("not_joined"), nothing_else())
    play(chat, restart(), returns("g1", ann=["tea"]), leave, refused("not_joined"))
    play(chat, nothing_else(), seconds(60), presence("tea", count=1), nothing_else())


def test_a_leave_that_was_lost_itself_is_done_when_it_comes_again(chat: Chat) -> None:
    play(chat, joins("ann"), joins("ann", "tea"), restart(), returns("g1", ann=["tea"]))
    play(chat, leaves("ann"), told("lobby", "leave", "ann"), answered(Done), nothing_else())


def test_the_answer_to_the_first_join_has_the_private_rooms(chat: Chat) -> None:
    play(chat, joins("ann"), joins("bob"), opens("ann", "bob"))
    room = chat.direct_room("ann", "bob")
    play(
        chat,
        says("ann", "psst", room),
        joins("bob/2", gateway="g2"),
        joined("bob", private={room: 1}),
        joins("bob/2", "tea", gateway="g2"),
        joined("bob", "tea", private={}),
        joins("bob", room, since=Since("epoch", 0)),
        joined("bob", room, head=1, recovered=True, again=False, count=2),
        nothing_else(),
        joins("bob", room, since=Since("epoch", 0)),
        joined("bob", room, again=True),
        leaves("bob", room),
        answered(Done),
        nothing_else(),
        joins("eve", room),
        refused("no_such_room"),
    )


def test_after_a_restart_everybody_is_where_they_were(chat: Chat) -> None:
    play(chat, joins("ann"), joins("bob"), closes("bob"), restart())
    assert names(chat) == ["ann"]
    play(
        chat,
        hello("g2"),
        joins("cid", user="bob", gateway="g2"),
        joined("bob2", head=4, count=2),
        joins("bob", user=None, gateway="g2"),
        joined("bob", count=3),
    )
