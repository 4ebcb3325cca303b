"""broker.handlers.queries: pages of history, participants and rooms, for sockets that may read
them."""

import pytest

from broker.effects import Listing, SendPage, SendRooms
from common.messages import GetHistory, GetNames, GetPage, GetParticipants, GetRooms, Listed
from tests.support.broker_playbook import (
    Chat,
    Step,
    answered,
    asks,
    closes,
    hello,
    joins,
    nothing_else,
    opens,
    play,
    refused,
    says,
    seconds,
)


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    play(chat, hello("g1"), joins("bob"), joins("Ann"), joins("al"), joins("cid"), seconds(1))
    return chat


def page_ordered(room: str, limit: int, *to: str) -> Step:
    def sees(_: Chat, seen: object) -> bool:
        return isinstance(seen, SendPage) and (seen.room, seen.limit, seen.to) == (room, limit, to)

    return Step(f"a page of {room}", sees=sees)


def listing(chat: Chat, sid: str, after: str = "", limit: int = 100) -> SendRooms:
    chat.seen.clear()
    chat.do(GetRooms(no=0, sid=sid, after=after, limit=limit))
    (order,) = chat.seen
    assert isinstance(order, SendRooms)
    return order


@pytest.mark.parametrize(
    ("room", "code"), [("tea", "not_joined"), ("@x", "no_such_room"), ("a b", "bad_request")]
)
def test_history_is_for_sockets_that_are_in_the_room(chat: Chat, room: str, code: str) -> None:
    play(chat, asks(GetHistory(no=0, sid="bob", room=room)), refused(code), nothing_else())
    play(chat, asks(GetParticipants(no=0, sid="bob", room=room)), refused(code), nothing_else())


def test_history_is_a_page_of_the_store(chat: Chat) -> None:
    play(
        chat, asks(GetHistory(no=0, sid="bob", room="Lobby", limit=999)), page_ordered("lobby", 100)
    )
    play(chat, asks(GetHistory(no=0, sid="bob", room="SYSTEM", limit=9)), page_ordered("system", 9))
    play(chat, asks(GetParticipants(no=0, sid="bob", room="system")), refused("forbidden"))


def test_members_read_private_rooms_and_gateways_learn_the_members(chat: Chat) -> None:
    play(chat, opens("bob", "cid"))
    room = chat.direct_room("bob", "cid")
    members = sorted([chat.uid("bob"), chat.uid("cid")])
    play(chat, asks(GetHistory(no=0, sid="cid", room=room)), page_ordered(room, 50))
    play(chat, asks(GetHistory(no=0, sid="al", room=room)), refused("no_such_room"))
    play(chat, asks(GetPage(no=0, room=room)), page_ordered(room, 200, chat.uid("bob")))
    play(chat, says("bob", "psst", room))
    play(chat, asks(GetPage(no=0, room=room)), page_ordered(room, 200, *members))
    play(chat, asks(GetPage(no=0, room="lobby")), page_ordered("lobby", 200), nothing_else())
    asked = asks(GetParticipants(no=0, sid="bob", room=room))
    play(chat, asked, answered(Listed, count=2, users=["bob", "cid"], more=False))


@pytest.mark.parametrize(
    ("after", "prefix", "limit", "users", "more"),
    [
        ("", "", 9, ["al", "Ann", "bob", "cid"], False),
        ("", "", 2, ["al", "Ann"], True),
        ("Ann", "", 2, ["bob", "cid"], False),
        ("ALZ", "", 1, ["Ann"], True),
        ("", "A", 9, ["al", "Ann"], False),
        ("al", "a", 9, ["Ann"], False),
        ("zed", "", 9, [], False),
        ("", "x", 9, [], False),
    ],
)
def test_names_come_by_page(
    chat: Chat, after: str, prefix: str, limit: int, users: list[str], more: bool
) -> None:
    asked = GetParticipants(no=0, sid="bob", room="lobby", after=after, prefix=prefix, limit=limit)
    play(chat, asks(asked), answered(Listed, count=4, users=users, more=more, crowd=False))


def test_gateways_read_the_names_of_any_public_room(chat: Chat) -> None:
    play(
        chat,
        asks(GetNames(no=0, room="lobby", limit=2)),
        answered(Listed, users=["al", "Ann"], version=0),
    )
    play(chat, asks(GetNames(no=0, room="nowhere"), "script"), answered(Listed, users=[], count=0))
    play(chat, asks(GetNames(no=0, room="@x")), refused("no_such_room"))


def test_rooms_are_one_s_own_and_then_the_busiest(chat: Chat) -> None:
    play(chat, joins("bob", "tea"), joins("al", "tea"), joins("bob", "bar"), joins("bob", "Cup"))
    play(chat, opens("bob", "cid"), opens("bob", "al"))
    own = {chat.direct_room("bob", "cid"): "cid", chat.direct_room("bob", "al"): "al"}
    play(chat, says("bob", "x", chat.direct_room("bob", "cid")))
    expected = [
        *(
            Listing(room, "direct", 2, int(own[room] == "cid"), "", own[room])
            for room in sorted(own)
        ),
        Listing("lobby", "public", 4, 4),
        Listing("tea", "public", 2, 2),
        Listing("bar", "public", 1, 1),
        Listing("cup", "public", 1, 1),
    ]
    order = listing(chat, "bob")
    assert list(order.rooms) == expected
    assert not order.more
    found: list[Listing] = []
    more = True
    while more:
        order = listing(chat, "bob", after=found[-1].room if found else "", limit=1)
        found += order.rooms
        more = order.more
    assert found == expected


def test_a_room_that_has_emptied_does_not_end_the_listing(chat: Chat) -> None:
    play(chat, *(joins("bob", room) for room in ("a", "b", "c")), joins("cid", "b"))
    assert [row.room for row in listing(chat, "bob").rooms] == ["lobby", "b", "a", "c"]
    play(chat, closes("bob"))
    assert [row.room for row in listing(chat, "cid", after="a").rooms] == ["b"]
    assert [row.room for row in listing(chat, "cid", after="zzz").rooms] == []
