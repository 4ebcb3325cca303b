"""1-to-1 conversations: for two people, and for nobody else at any door."""

from tests.support.system import System
from tests.system.client import refusal
from tests.system.people import Person


async def test_both_hear_the_conversation_on_all_their_sockets(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), f"{room}-2")
    tabs = [await visit(hubbub.url), await visit(hubbub.url)]
    await tabs[0].join(room, token=ann.token)
    await tabs[1].join(room, token=bob.token)
    opened = await ann.direct(user=name("bob"))
    assert set(opened) == {"ok", "room", "user", "uid", "seq"}
    assert opened["room"].startswith("@")
    assert (opened["user"], opened["uid"], opened["seq"]) == (name("bob"), bob.uid, 0)
    ack = await ann.say(opened["room"], "hi bob")
    assert ack["seq"] == 1, "a private room logs no join"
    for person in (ann, bob, *tabs):
        line = await person.hears_text("hi bob")
        assert (line["Room"], line["Seq"], line["User"]) == (opened["room"], 1, name("ann"))
    await bob.say(opened["room"], "hi ann")
    for person in (ann, bob, *tabs):
        await person.hears_text("hi ann")
        assert person.seqs(opened["room"]) == [1, 2]


async def test_both_open_the_same_room(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    one = await ann.direct(user=name("bob"))
    two = await bob.direct(uid=ann.uid)
    three = await ann.direct(user=name("BOB"))
    assert one["room"] == two["room"] == three["room"]
    assert (two["user"], two["uid"]) == (name("ann"), ann.uid)
    cleo = await visit(hubbub.url, name("cleo"), room)
    assert (await ann.direct(user=name("cleo")))["room"] != one["room"]
    assert (await cleo.direct(user=name("bob")))["room"] != one["room"]


async def test_somebody_who_was_away_finds_what_was_said(hubbub: System, visit, name, room) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    await bob.disconnect()
    ann = await visit(hubbub.url, name("ann"), room)
    opened = await ann.direct(uid=bob.uid)
    assert opened["room"] == (await ann.direct(user=name("bob")))["room"]
    for text in ("are you there?", "call me"):
        await ann.say(opened["room"], text)
    back = await visit(hubbub.url)
    ack = await back.join(room, token=bob.token)
    assert ack["private"] == {opened["room"]: 2}
    [row] = [r for r in (await back.rooms())["rooms"] if r["room"] == opened["room"]]
    assert (row["kind"], row["user"], row["seq"], row["unread"]) == ("direct", name("ann"), 2, 2)
    texts = [e["Text"] for e in (await back.history(opened["room"]))["events"]]
    assert texts == ["are you there?", "call me"]
    await ann.say(opened["room"], "welcome back")
    assert (await back.hears_text("welcome back"))["Seq"] == 3
    assert back.seqs(opened["room"]) == [3], "what came before is for `history`"
    [row] = [r for r in (await ann.rooms())["rooms"] if r["room"] == opened["room"]]
    assert row["unread"] == 0, "one's own messages are read"


async def test_a_private_room_recovers_by_since(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    private = (await ann.direct(user=name("bob")))["room"]
    await ann.say(private, "one")
    await bob.hears_text("one")
    epoch = (await bob.join(room))["epoch"]
    await bob.lose()
    await ann.say(private, "two")
    await ann.say(private, "three")
    back = await visit(hubbub.url)
    await back.join(room, token=bob.token)
    ack = await back.join(private, since={"Epoch": epoch, "Seq": 1})
    assert (ack["room"], ack["seq"], ack["recovered"]) == (private, 3, True)
    await back.hears_text("three")
    await ann.say(private, "four")
    await back.hears_text("four")
    assert back.seqs(private) == [2, 3, 4]


async def test_a_conversation_logs_no_joins_and_leaves(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    private = (await ann.direct(user=name("bob")))["room"]
    await ann.say(private, "hi")
    await bob.join(private)
    await bob.leave(private)
    await bob.say(private, "still a member")
    await ann.hears_text("still a member")
    events = (await ann.history(private))["events"]
    assert [(e["EvtType"], e["Seq"]) for e in events] == [("message", 1), ("message", 2)]


async def test_typing_is_told_to_the_other_one(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    eve = await visit(hubbub.url, name("eve"), room)
    private = (await ann.direct(user=name("bob")))["room"]
    assert await ann.ask("typing", {"room": private, "typing": True}) == {"ok": True}
    told = await bob.hears(lambda t: t["Room"] == private and t["Users"], of="typing")
    assert told["Users"] == [name("ann")]
    await eve.is_up_to_date()
    assert eve.all("typing") == []


async def outside(eve: Person, private: str) -> dict[str, str]:
    """The error of each kind of request for this room."""
    doors = {
        "join": {"room": private},
        "chat": {"room": private, "message": "let me in"},
        "history": {"room": private},
        "participants": {"room": private},
        "typing": {"room": private, "typing": True},
        "leave": {"room": private},
    }
    return {event: refusal(await eve.ask(event, asked)) for event, asked in doors.items()}


async def test_a_conversation_does_not_exist_for_others(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    eve = await visit(hubbub.url, name("eve"), room)
    private = (await ann.direct(user=name("bob")))["room"]
    await ann.say(private, "the secret")
    await bob.hears_text("the secret")
    assert set((await outside(eve, private)).values()) == {"no_such_room"}
    assert await outside(eve, private) == await outside(eve, "@" + "x" * 22), "not even a hint"
    since = {"Epoch": (await eve.join(room))["epoch"], "Seq": 0}
    assert refusal(await eve.ask("join", {"room": private, "since": since})) == "no_such_room"
    stranger = await visit(hubbub.url)
    refusal(await stranger.ask("history", {"room": private}))
    refusal(await stranger.ask("join", {"room": private}))
    code = refusal(await stranger.ask("join", {"room": private, "user": name("stranger")}))
    assert code == "no_such_room"
    assert private not in [row["room"] for row in (await eve.rooms())["rooms"]]
    await ann.say(private, "more of it")
    await bob.hears_text("more of it")
    await eve.is_up_to_date()
    assert "secret" not in str(eve.heard)
    assert "more of it" not in str(eve.heard)
    assert [e["Seq"] for e in (await ann.history(private))["events"]] == [1, 2]


async def test_plain_people_cannot_be_addressed(
    hubbub: System, visit, visit_plain, name, room
) -> None:
    await visit_plain(hubbub.url, name("pat"))
    ann = await visit(hubbub.url, name("ann"), "lobby")
    assert refusal(await ann.ask("direct", {"user": name("pat")})) == "no_such_user"
    line = await ann.hears(lambda e: e["EvtType"] == "join" and e["User"] == name("pat"))
    assert refusal(await ann.ask("direct", {"uid": line["Uid"]})) == "no_such_user"


async def test_a_socket_that_has_not_joined_cannot_open_a_conversation(
    hubbub: System, visit, name
) -> None:
    bob = await visit(hubbub.url, name("bob"), "anywhere")
    stranger = await visit(hubbub.url)
    refusal(await stranger.ask("direct", {"uid": bob.uid}))


async def test_a_private_rooms_participants_are_its_members(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await visit(hubbub.url, name("bob"), room)
    private = (await ann.direct(user=name("bob")))["room"]
    listed = await ann.participants(private)
    assert listed["users"] == [name("ann"), name("bob")]
    assert listed["count"] == 2
