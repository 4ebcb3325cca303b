"""broker.handlers.moderation: announcements, deleted messages, bans."""

import pytest

from common.messages import Announce, Ban, Beacon, Blank, Done, GetHeads, HeadsTold, Kicked, Said
from tests.support.broker_playbook import (
    Chat,
    Step,
    answered,
    asks,
    closes,
    hello,
    joined,
    joins,
    nothing_else,
    play,
    published,
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
    play(chat, hello("g1"), hello("g2"), joins("ann"), seconds(1))
    return chat


def announces(text: str, room: str = "", id: str = "") -> Step:
    return asks(Announce(no=0, text=text, room=room, id=id), "script")


def blanks(seq: int, room: str = "lobby") -> Step:
    return asks(Blank(no=0, room=room, seq=seq), "script")


def bans(user: str, lift: bool = False) -> Step:
    return asks(Ban(no=0, user=user, lift=lift), "script")


def lifts(uid: str) -> Step:
    return asks(Ban(no=0, uid=uid, lift=True), "script")


def test_an_announcement_to_all(chat: Chat) -> None:
    play(chat, announces("hear"), told("system", "announce", "system", "hear"))
    play(chat, answered(Said, room="system", seq=1), nothing_else())
    play(chat, seconds(1000), announces("hear"), answered(Said, seq=2))
    play(chat, restart(), announces("hear"), answered(Said, seq=3))


def test_an_announcement_to_a_room_that_exists(chat: Chat) -> None:
    play(chat, announces("x", "Lobby"), told("lobby", "announce", "system"), answered(Said, seq=2))
    play(chat, announces("x", "nowhere"), refused("no_such_room"))
    for empty in (" ", "\u200b", "\u2800", "\u3164\ufe0f"):
        play(chat, announces(empty), refused("bad_request"))


def test_a_repeated_announcement_is_made_once(chat: Chat) -> None:
    play(chat, announces("x", id="i"), announces("x", id="i"), answered(Said, seq=1))
    play(chat, nothing_else(), restart(), announces("x", id="i"), answered(Said, seq=1))


def test_a_deleted_message_is_blank(chat: Chat) -> None:
    play(chat, says("ann", "bad"), blanks(2), told("lobby", "delete", "system"))
    play(chat, answered(Said, room="lobby", seq=3), blanks(2), answered(Said, seq=3))
    play(chat, nothing_else())
    event = chat.shelf.logs["lobby"][1]
    assert (event.text, event.rev) == ("", 3)


def test_deleting_again_before_the_commit_gets_the_same_answer() -> None:
    chat = Chat(lazy=True)
    play(chat, hello(), joins("ann"), says("ann", "bad"), blanks(2), refused("unavailable"))
    chat.commit()
    play(chat, blanks(2), answered(Said, seq=3), blanks(2), answered(Said, seq=3), nothing_else())


@pytest.mark.parametrize(
    ("seq", "room", "code"),
    [(1, "lobby", "no_such_event"), (9, "lobby", "no_such_event"), (1, "tea", "no_such_room")],
)
def test_only_messages_can_be_deleted(chat: Chat, seq: int, room: str, code: str) -> None:
    play(chat, blanks(seq, room), refused(code), nothing_else())


def test_a_ban_finds_a_name_by_what_it_looks_like(chat: Chat) -> None:
    play(chat, joins("bob"), bans("\uff22o\u200db\ufe0f "), published(Kicked, sids=["bob"]))
    play(chat, bans("\u3164"), refused("no_such_user"), bans(""), refused("no_such_user"))


def test_a_banned_person_is_put_out_and_kept_out(chat: Chat) -> None:
    play(chat, joins("bob"), joins("bob/2", gateway="g2"), seconds(1))
    play(
        chat,
        bans("Bob"),
        published(Kicked, sids=["bob"], code="banned"),
        published(Kicked, sids=["bob/2"], code="banned"),
        told("lobby", "leave", "bob"),
        answered(Done),
        nothing_else(),
        joins("bob"),
        refused("banned"),
        restart(),
        returns("g1", ann=["lobby"], bob=["lobby"]),
        asks(GetHeads(no=0, rooms=[], people=[chat.uid("ann"), chat.uid("bob")])),
        answered(HeadsTold, banned=[chat.uid("bob")]),
        joins("bob"),
        refused("banned"),
        seconds(700),
        bans("bob", lift=True),
        answered(Done),
        joins("bob"),
        joined("bob"),
    )


def test_a_kicked_socket_is_named_by_three_beacons(chat: Chat) -> None:
    """A beacon may be lost. A gateway that misses three of them requests the heads, which tell of
    bans too."""
    play(chat, joins("bob"), joins("bob/2", gateway="g2"), seconds(1), bans("bob"))
    for _ in range(3):
        play(
            chat, seconds(1), published(Beacon, kicked=["bob"]), published(Beacon, kicked=["bob/2"])
        )
    play(chat, seconds(1), published(Beacon, kicked=[]), published(Beacon, kicked=[]))
    play(chat, nothing_else())


def test_a_ban_outlasts_eviction(chat: Chat) -> None:
    play(chat, joins("bob"), bans("bob"), seconds(1000))
    assert not chat.remembers("bob")
    play(chat, asks(GetHeads(no=0, rooms=[], people=[chat.uid("bob"), "nobody"])))
    play(chat, answered(HeadsTold, banned=[chat.uid("bob")]))


def test_a_plain_person_can_be_banned_while_connected(chat: Chat) -> None:
    play(chat, joins("pam", plain=True), bans("pam"), published(Kicked, sids=["pam"]))
    play(chat, joins("pam", plain=True), refused("banned"))
    play(chat, joins("peg", plain=True), closes("peg"), bans("peg"), refused("no_such_user"))
    play(chat, bans("nobody"), refused("no_such_user"))


def test_two_people_who_left_with_one_name_are_banned_by_uid(chat: Chat) -> None:
    """Several people may have had a name that nobody uses now."""
    play(chat, joins("max"), seconds(1), bans("max"), seconds(700))
    play(chat, joins("moritz", user="max"), joined("max"), bans("max"), seconds(700))
    max_, moritz = chat.uid("max"), chat.uid("moritz")
    told_apart = chat.answer(Ban(no=0, user="max", lift=True), "script")
    assert told_apart.code == "no_such_user"
    assert max_ in told_apart.message
    assert moritz in told_apart.message
    play(chat, lifts(uid=moritz), answered(Done), joins("moritz"), joined("moritz"))
    play(chat, joins("max"), refused("banned"), lifts(uid=max_), joins("max"), joined("max"))
    play(chat, lifts(uid="nobody"), refused("no_such_user"))


@pytest.mark.parametrize("command", [Ban(no=0), Ban(no=0, user="ann", uid="x")])
def test_a_ban_is_by_name_or_by_uid(chat: Chat, command: Ban) -> None:
    play(chat, asks(command, "script"), refused("bad_request"), nothing_else())
