"""Requests: answered in order of effect, once for each id, and refused with a reason."""

import asyncio

import pytest

from tests.support.system import System
from tests.system.client import ok, refusal
from tests.system.people import Person


async def test_a_hundred_pipelined_messages_keep_their_order(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    asked = [await ann.begin("chat", {"room": room, "message": f"m{n}"}) for n in range(100)]
    acks = [ok(answer) for answer in await asyncio.gather(*asked)]
    assert [ack["seq"] for ack in acks] == list(range(2, 102))
    await ann.hears_text("m99")
    assert [e["Text"] for e in ann.lines(room, "message")] == [f"m{n}" for n in range(100)]


async def test_pipelined_requests_take_effect_in_order(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url)
    say = {"room": room, "message": "x"}
    answers = [
        await ann.begin("chat", say),
        await ann.begin("join", {"room": room, "user": name("ann")}),
        await ann.begin("chat", say),
        await ann.begin("history", {"room": room}),
        await ann.begin("leave", {"room": room}),
        await ann.begin("chat", say),
        await ann.begin("join", {"room": room}),
        await ann.begin("chat", say),
    ]
    early, joined, said, history, left, late, again, last = await asyncio.gather(*answers)
    assert refusal(early) in ("not_joined", "bad_request")
    assert (ok(joined)["seq"], ok(said)["seq"]) == (1, 2)
    seqs = [e["Seq"] for e in ok(history)["events"]]
    assert seqs == [1, 2, 3, 4, 5][: max(2, len(seqs))], "what it shows may be newer, never older"
    ok(left)
    assert refusal(late) == "not_joined"
    assert (ok(again)["seq"], ok(last)["seq"]) == (4, 5)


async def test_a_repeated_id_is_stored_once(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    first = await ann.say(room, "once", id="same")
    await ann.say(room, "between")
    again = await ann.say(room, "once", id="same")
    assert again == first
    asked = [
        await ann.begin("chat", {"room": room, "message": "burst", "id": "b"}) for _ in range(10)
    ]
    acks = [ok(answer) for answer in await asyncio.gather(*asked)]
    assert all(ack == acks[0] for ack in acks)
    texts = [e.get("Text") for e in (await ann.history(room))["events"][1:]]
    assert texts == ["once", "between", "burst"]


async def test_an_id_counts_for_one_person_in_one_room(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    await ann.join(f"{room}-2")
    seqs = [
        (await ann.say(room, "a", id="i"))["seq"],
        (await bob.say(room, "b", id="i"))["seq"],
        (await ann.say(f"{room}-2", "c", id="i"))["seq"],
    ]
    assert seqs == [3, 4, 2]
    tab = await visit(hubbub.url)
    await tab.join(room, token=ann.token)
    assert (await tab.say(room, "a", id="i"))["seq"] == 3, "one person, whatever the socket"


async def test_texts_are_kept_as_they_are(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    texts = [
        "  two spaces  ", "line\nbreak\ttab", "<script>alert(1)</script>", "e\u0301 \u00e9",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\u202eright to left", "x" * 4000,
        "\U0001f600" * 4000, '"quotes" \\back\\slash', "\x01\x7f",
    ]  # fmt: skip
    for text in texts:
        await ann.say(room, text)
    await bob.hears(lambda e: e["Seq"] == 2 + len(texts))
    assert [e["Text"] for e in bob.lines(room, "message")] == texts
    shown = [e["Text"] for e in (await bob.history(room, after=2))["events"]]
    assert shown == texts


@pytest.mark.parametrize("blank", ["", "   ", "\n\t"])
async def test_blank_messages_are_refused(hubbub: System, visit, name, room, blank: str) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    assert refusal(await ann.ask("chat", {"room": room, "message": blank})) == "bad_request"


@pytest.mark.parametrize("text", ["x" * 4001, "\U0001f600" * 4001, "x" * 50_000])
async def test_long_messages_are_refused(hubbub: System, visit, name, room, text: str) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    assert refusal(await ann.ask("chat", {"room": room, "message": text})) == "too_long"
    assert (await ann.say(room, "short"))["seq"] == 2


OUTSIDE = [
    ("chat", {"room": "{room}", "message": "x"}, "not_joined"),
    ("leave", {"room": "{room}"}, "not_joined"),
    ("history", {"room": "{room}"}, "not_joined"),
    ("participants", {"room": "{room}"}, "not_joined"),
    ("chat", {"room": "@nobodyknowsthisroom00", "message": "x"}, "no_such_room"),
    ("join", {"room": "@nobodyknowsthisroom00"}, "no_such_room"),
    ("history", {"room": "@nobodyknowsthisroom00"}, "no_such_room"),
    ("join", {"room": "system"}, "forbidden"),
    ("join", {"room": "System"}, "forbidden"),
    ("chat", {"room": "system", "message": "x"}, "forbidden"),
    ("join", {"room": "two words"}, "bad_request"),
    ("join", {"room": ""}, "bad_request"),
    ("join", {"room": "a/b"}, "bad_request"),
    ("join", {"room": "x" * 65}, "bad_request"),
    ("join", {"room": 5}, "bad_request"),
    ("join", {"room": "ok", "user": ["ann"]}, "bad_request"),
    ("join", {"room": "ok", "since": 5}, "bad_request"),
    ("join", {"room": "ok", "since": {"Epoch": "x"}}, "bad_request"),
    ("join", {"room": "ok", "since": {"Epoch": "x", "Seq": -1}}, "bad_request"),
    ("join", {"room": "ok", "since": {"Epoch": 7, "Seq": 1}}, "bad_request"),
    ("join", 17, "bad_request"),
    ("join", [], "bad_request"),
    ("chat", {"room": "{room}"}, "bad_request"),
    ("chat", {"message": 5, "room": "{room}"}, "bad_request"),
    ("chat", {"message": None, "room": "{room}"}, "bad_request"),
    ("chat", {"message": "x", "room": "{room}", "id": ""}, "bad_request"),
    ("chat", {"message": "x", "room": "{room}", "id": "x" * 65}, "bad_request"),
    ("chat", {"message": "x", "room": "{room}", "id": 5}, "bad_request"),
    ("chat", [{"message": "x"}], "bad_request"),
    ("chat", True, "bad_request"),
    ("leave", {}, "bad_request"),
    ("leave", None, "bad_request"),
    ("leave", "{room}", "bad_request"),
    ("typing", {"room": "{room}", "typing": "yes"}, "bad_request"),
    ("typing", {"typing": True}, "bad_request"),
    ("typing", [1], "bad_request"),
    ("direct", {}, "bad_request"),
    ("direct", {"user": 5}, "bad_request"),
    ("direct", "ann", "bad_request"),
    ("direct", {"user": "nobody of this name"}, "no_such_user"),
    ("direct", {"uid": "nobodyofthisuid1"}, "no_such_user"),
    ("history", {}, "bad_request"),
    ("history", None, "bad_request"),
    ("participants", {"room": {}}, "bad_request"),
    ("rooms", "all", "bad_request"),
    ("rooms", {"after": 5}, "bad_request"),
    ("create", {"title": "t", "private": True}, "bad_request"),
    ("invite", {"room": "{room}", "user": "x"}, "bad_request"),
    ("read", {"room": "{room}", "seq": 1}, "bad_request"),
    ("search", {"text": "x"}, "bad_request"),
    ("edit", {"room": "{room}", "seq": 1, "message": "x"}, "bad_request"),
    ("delete", {"room": "{room}", "seq": 1}, "bad_request"),
    ("react", {"room": "{room}", "seq": 1, "emoji": "x"}, "bad_request"),
]


def filled(payload, room: str):
    if isinstance(payload, dict):
        return {key: filled(value, room) for key, value in payload.items()}
    return payload.replace("{room}", room) if isinstance(payload, str) else payload


async def test_every_refusal_has_its_code(hubbub: System, visit, name, room) -> None:
    """The requests come from somebody who is in another room than `{room}`."""
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url, name("ann"), f"{room}-anns")
    wrong = []
    for event, payload, code in OUTSIDE:
        asked = filled(payload, room)
        answer = await ann.ask(event, asked)
        try:
            got = refusal(answer)
        except AssertionError as error:
            got = f"bad answer: {error}"
        if got != code:
            wrong.append(f"{event} {asked}: expected {code}, got {got}")
    assert not wrong, "\n".join(wrong)
    await ann.join(room)
    await ann.say(room, "no harm done")
    await bob.hears_text("no harm done")
    assert ann.all("refused") == [], "with an ack there is no `refused`"


async def test_a_refusal_without_ack_comes_as_an_event(hubbub: System, visit, name, room) -> None:
    await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url, name("ann"), f"{room}-anns")
    wanted = []
    for event, payload, code in OUTSIDE:
        await ann.tell(event, filled(payload, room))
        wanted.append(code)
    await ann.is_up_to_date()
    assert sorted(e["code"] for e in ann.all("refused")) == sorted(wanted)
    assert all(set(e) <= {"code", "message", "retryAfter"} for e in ann.all("refused"))


async def test_one_does_not_talk_to_oneself(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    refusal(await ann.ask("direct", {"user": name("ann")}))
    refusal(await ann.ask("direct", {"uid": ann.uid}))


async def test_typing_is_told_to_the_others_of_the_room(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    eve = await visit(hubbub.url, name("eve"), f"{room}-2")
    ok(await ann.ask("typing", {"room": room, "typing": True}))
    told = await bob.hears(lambda t: name("ann") in t["Users"], of="typing")
    assert told == {"Room": room, "Users": [name("ann")]}
    ok(await ann.ask("typing", {"room": room, "typing": False}))

    def stopped(told) -> bool:
        return bool(told["Room"] == room and told["Users"] == [])

    await bob.hears(stopped, of="typing")
    assert all(name("ann") not in t["Users"] for t in ann.all("typing"))
    assert eve.all("typing") == []


async def test_saying_ends_typing(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    bob = await visit(hubbub.url, name("bob"), room)
    ok(await ann.ask("typing", {"room": room, "typing": True}))
    await bob.hears(lambda t: t["Users"] == [name("ann")], of="typing")
    await ann.say(room, "said it")
    await bob.hears(lambda t: t["Users"] == [], of="typing", within=5)


async def test_answers_go_on_while_another_socket_is_flooded(
    hubbub: System, visit, name, room
) -> None:
    ann: Person = await visit(hubbub.url, name("ann"), room)
    bob: Person = await visit(hubbub.url, name("bob"), f"{room}-2")
    asked = [await ann.begin("chat", {"room": room, "message": f"m{n}"}) for n in range(500)]
    for number in range(10):
        assert (await bob.say(f"{room}-2", f"quick {number}"))["seq"] == 2 + number
    acks = [ok(answer) for answer in await asyncio.gather(*asked)]
    assert [ack["seq"] for ack in acks] == list(range(2, 502))
