"""Joining: acks, replay, many rooms."""

import asyncio
import re

import pytest

from tests.support.system import System
from tests.system.client import ok, refusal

TOKEN = re.compile(r"[A-Za-z0-9_-]{22,64}")


async def test_the_ack_has_all_that_was_promised(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url)
    ack = await ann.join(room, user=name("ann"))
    assert set(ack) == {
        "ok", "user", "uid", "token", "room", "epoch", "seq", "recovered", "count", "version",
        "private",
    }  # fmt: skip
    assert ack["user"] == name("ann")
    assert ack["room"] == room
    assert ack["seq"] == 1
    assert ack["recovered"] is False
    assert ack["count"] == 1
    assert ack["private"] == {}
    assert isinstance(ack["version"], int)
    assert isinstance(ack["uid"], str)
    assert isinstance(ack["epoch"], str)
    assert ack["epoch"]
    assert TOKEN.fullmatch(ack["token"])
    assert ack["token"] not in ack["uid"]


async def test_the_own_join_is_heard_with_all_its_fields(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url)
    ack = await ann.join(room, user=name("ann"))
    line = await ann.hears(lambda e: e["Room"] == room)
    assert {k: line[k] for k in ("EvtType", "User", "Room", "Seq", "Uid")} == {
        "EvtType": "join", "User": name("ann"), "Room": room, "Seq": 1, "Uid": ack["uid"],
    }  # fmt: skip
    assert type(line["Timestamp"]) is int
    assert "Id" not in line


async def test_a_message_has_all_its_fields(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    ack = await ann.say(room, "hello", id="my-id")
    assert set(ack) == {"ok", "id", "seq", "timestamp"}
    assert ack["id"] == "my-id"
    assert ack["seq"] == 2
    line = await ann.hears_text("hello")
    assert line == {
        "EvtType": "message", "User": name("ann"), "Timestamp": ack["timestamp"], "Text": "hello",
        "Room": room, "Seq": 2, "Id": "my-id", "Uid": ann.uid,
    }  # fmt: skip


async def test_a_message_without_id_is_given_one(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    ack = await ann.say(room, "hello")
    assert 1 <= len(ack["id"]) <= 64
    assert (await ann.hears_text("hello"))["Id"] == ack["id"]


async def test_the_ack_comes_before_what_is_replayed(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    for number in range(5):
        await ann.say(room, f"m{number}")
    bob = await visit(hubbub.url, name("bob"), room)
    await bob.hears(lambda e: e["EvtType"] == "join" and e["User"] == name("bob"))
    events = [event for event, _ in bob.heard if event in ("ack join", "chat")]
    assert events[0] == "ack join"
    assert bob.seqs(room) == list(range(1, 8))


async def test_a_newcomer_is_shown_fifty_messages(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    for number in range(60):
        await ann.say(room, f"m{number}")
    bob = await visit(hubbub.url)
    ack = await bob.join(room, user=name("bob"))
    await bob.hears(lambda e: e["Seq"] == ack["seq"])
    texts = [e["Text"] for e in bob.lines(room, "message")]
    assert texts == [f"m{number}" for number in range(10, 60)]
    assert bob.seqs(room) == list(range(12, 63))


async def test_a_newcomer_is_shown_two_hundred_events_at_most(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.say(room, "long ago")
    bob = await visit(hubbub.url, name("bob"), f"{room}-2")
    for _ in range(5):
        asked = []
        for _ in range(22):
            asked.append(await bob.begin("join", {"room": room}))
            asked.append(await bob.begin("leave", {"room": room}))
        for answer in await asyncio.gather(*asked):
            ok(answer)
    cleo = await visit(hubbub.url)
    ack = await cleo.join(room, user=name("cleo"))
    assert ack["seq"] == 2 + 220 + 1
    await cleo.hears(lambda e: e["Seq"] == ack["seq"])
    assert cleo.seqs(room) == list(range(ack["seq"] - 200, ack["seq"] + 1))


async def test_a_second_join_of_the_same_socket_replays_nothing(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.say(room, "first")
    await ann.hears_text("first")
    again = await ann.join(room)
    assert again["seq"] == 2
    assert again["user"] == name("ann")
    assert again["count"] == 1
    await ann.say(room, "second")
    await ann.hears_text("second")
    assert ann.seqs(room) == [1, 2, 3]


async def test_room_names_are_compared_in_lower_case(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url)
    assert (await bob.join(room.upper(), user=name("bob")))["room"] == room
    await bob.say(room.title(), "one room")
    assert (await ann.hears_text("one room"))["Room"] == room


@pytest.mark.parametrize("good", ["a", "ä-ö_ü.ß", "日本語", "x" * 64])
async def test_room_names_may_have_any_letters(hubbub: System, visit, name, good: str) -> None:
    ann = await visit(hubbub.url, name("ann"), good)
    await ann.say(good, "hi")
    await ann.hears_text("hi")


async def test_one_socket_is_in_many_rooms(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url)
    bob = await visit(hubbub.url)
    rooms = [f"{room}-{number}" for number in range(100)]
    for person in (ann, bob):
        user = name("ann" if person is ann else "bob")
        asked = [await person.begin("join", {"room": r, "user": user}) for r in rooms]
        for answer in await asyncio.gather(*asked):
            ok(answer)
    for number in (0, 42, 99):
        await ann.say(rooms[number], f"in {number}")
        assert (await bob.hears_text(f"in {number}"))["Room"] == rooms[number]
    refusal(await ann.ask("join", {"room": f"{room}-one-more"}))
    await ann.leave(rooms[7])
    await ann.join(f"{room}-one-more")


async def test_somebody_who_left_a_room_hears_no_more_of_it(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    await ann.leave(room)
    await bob.hears(lambda e: e["EvtType"] == "leave" and e["User"] == name("ann"))
    await bob.say(room, "is she gone?")
    await ann.is_up_to_date()
    assert "is she gone?" not in [e.get("Text") for e in ann.lines(room)]
    assert refusal(await ann.ask("chat", {"room": room, "message": "x"})) == "not_joined"


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [
        ("हिन्दी", "हिन्दी"), ("สวัสดี", "สวัสดี"), ("น้ำ", "น้ำ"), ("İstanbul", "i\u0307stanbul"),
        ("Straße", "strasse"), ("ΟΔΌΣ", "οδόσ"), ("Mu\u0308nchen", "münchen"), ("te\ufe0fa", "tea"),
        ("ქართული", "ქართული"), ("한국어", "한국어"), ("ㅋㅋ", "ㅋㅋ"), ("עִבְרִית", "עִבְרִית"),
    ],
)  # fmt: skip
async def test_rooms_of_every_script_have_one_spelling(
    hubbub: System, visit, name, tag, typed: str, spelt: str
) -> None:
    ann = await visit(hubbub.url)
    room = f"{spelt}-{tag}"
    assert (await ann.join(f"{typed}-{tag}", user=name("ann")))["room"] == room
    await ann.say(f"{typed}-{tag}", "hello")
    bob = await visit(hubbub.url, name("bob"), room)
    assert (await bob.hears_text("hello"))["Room"] == room
    await ann.leave(f"{typed}-{tag}")


@pytest.mark.parametrize("room", ["System", "ſyſtem", "\uff33ystem", "sys\u00adtem", "ⓢystem"])  # noqa: RUF001
async def test_the_room_of_announcements_is_nobody_s_however_it_is_spelt(
    hubbub: System, visit, name, room: str
) -> None:
    ann = await visit(hubbub.url)
    assert refusal(await ann.ask("join", {"room": room, "user": name("ann")})) == "forbidden"
