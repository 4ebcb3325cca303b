"""The plain form: a page of the original web chat works unchanged, and without its defects."""

import json
import time

import pytest

from tests.support.system import System
from tests.system.client import eventually
from tests.system.people import PlainPage


@pytest.fixture(scope="module")
def system_settings() -> dict[str, str]:
    return {"HUBBUB_NAME_HOLD": "0"}


@pytest.fixture(autouse=True)
async def empty_lobby(hubbub, visit, name):
    """Waits until everybody of the test before has left."""
    porter = await visit(hubbub.url, name("porter"), "porters-lodge")

    async def nobody() -> bool:
        rooms = (await porter.rooms())["rooms"]
        return all(row["room"] != "lobby" for row in rooms)

    await eventually(nobody, "the lobby is empty")


async def test_a_page_joins_says_and_hears_itself(hubbub: System, visit_plain, name) -> None:
    user = name("ann")
    ann = await visit_plain(hubbub.url, user)
    joined = await ann.hears(lambda e: e["EvtType"] == "join" and e["User"] == user)
    assert abs(joined["Timestamp"] - time.time()) < 60
    assert ann.all("participant")[-1] == user
    await ann.say("hello", user=user)
    line = await ann.hears_text("hello")
    assert line["EvtType"] == "message"
    assert line["User"] == user
    assert abs(line["Timestamp"] - time.time()) < 60
    assert line["Room"] == "lobby"
    assert line["Seq"] > joined["Seq"]


async def test_all_pages_hear_each_other(hubbub: System, visit_plain) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    bob = await visit_plain(hubbub.url, "bob")
    await ann.sees("ann", "bob")
    await bob.say("hi ann")
    await ann.say("hi bob")
    for page in (ann, bob):
        assert (await page.hears_text("hi ann"))["User"] == "bob"
        assert (await page.hears_text("hi bob"))["User"] == "ann"


async def test_the_senders_name_and_time_are_not_believed(hubbub: System, visit_plain) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    bob = await visit_plain(hubbub.url, "bob")
    await ann.say("it was bob", user="bob", timestamp=1)
    line = await bob.hears_text("it was bob")
    assert line["User"] == "ann"
    assert abs(line["Timestamp"] - time.time()) < 60


async def test_html_travels_as_the_text_that_it_is(hubbub: System, visit_plain) -> None:
    html = '<img src=x onerror="alert(1)"> & <b>bold</b> &lt;'
    ann = await visit_plain(hubbub.url, "ann")
    bob = await visit_plain(hubbub.url, "bob")
    await ann.say(html)
    assert (await bob.hears_text(html))["Text"] == html


async def test_a_page_that_has_not_joined_hears_nothing(hubbub: System, visit_plain) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    quiet = await visit_plain(hubbub.url)
    await ann.say("not for everybody")
    await ann.hears_text("not for everybody")
    await quiet.join("quiet")
    await ann.say("for all of us")
    await quiet.hears_text("for all of us")
    seqs = [e["Seq"] for e in quiet.all("chat")]
    assert seqs == sorted(set(seqs)), "heard once before its join and once in its replay"


async def test_a_page_that_has_not_joined_can_say_nothing(hubbub: System, visit_plain) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    quiet = await visit_plain(hubbub.url)
    await quiet.say("let me in")
    assert (await quiet.hears(of="refused"))["code"] in ("not_joined", "bad_request")
    await ann.say("silence?")
    await ann.hears_text("silence?")
    assert not [e for e in ann.all("chat") if e.get("Text") == "let me in"]


async def test_a_second_join_renames_once_and_replays_nothing(hubbub: System, visit_plain) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    bob = await visit_plain(hubbub.url, "bob")
    await ann.say("before the change")
    await ann.hears_text("before the change")
    await ann.tell("join", "anna")
    await ann.sees("anna", "bob")
    await bob.sees("anna", "bob")
    await ann.say("after the change")
    assert (await bob.hears_text("after the change"))["User"] == "anna"
    await ann.hears_text("after the change")
    for page in (ann, bob):
        seqs = [e["Seq"] for e in page.all("chat")]
        assert seqs == sorted(set(seqs))
        assert page.all("participant")[-1] == "anna, bob"
    renames = [e for e in bob.all("chat") if e["EvtType"] == "rename"]
    assert [(e["User"], e["Text"]) for e in renames] == [("anna", "ann")]


async def test_a_name_in_use_gets_a_number(hubbub: System, visit_plain) -> None:
    first = await visit_plain(hubbub.url, "ann")
    second = await visit_plain(hubbub.url, "ann")
    await first.sees("ann", "ann2")
    await second.sees("ann", "ann2")
    await second.say("which one am I")
    assert (await first.hears_text("which one am I"))["User"] == "ann2"


async def test_the_list_is_one_sorted_string(hubbub: System, visit_plain) -> None:
    pages = [await visit_plain(hubbub.url, name) for name in ("Cleo", "bob", "ann", "Dan")]
    for page in pages:
        await page.sees("ann", "bob", "Cleo", "Dan")
        assert all(isinstance(line, str) for line in page.all("participant"))


@pytest.mark.parametrize("how", ["lose", "disconnect"])
async def test_a_page_that_ends_leaves_at_once(hubbub: System, visit_plain, name, how: str) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    bob = await visit_plain(hubbub.url, name("bob"))
    await ann.sees("ann", name("bob"))
    began = time.monotonic()
    await getattr(bob, how)()
    await ann.hears(lambda e: e["EvtType"] == "leave" and e["User"] == name("bob"))
    assert time.monotonic() - began < 4, "waited for the leave grace of 5 s"

    async def alone() -> bool:
        return bool(ann.all("participant")[-1] == "ann")

    await eventually(alone, "the list has ann alone")
    await ann.say(f"{how}: one leave")
    await ann.hears_text(f"{how}: one leave")
    assert (
        len([e for e in ann.all("chat") if e["EvtType"] == "leave" and e["User"] == name("bob")])
        == 1
    )


async def test_typing_is_told_to_the_others_as_a_name(hubbub: System, visit_plain) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    bob = await visit_plain(hubbub.url, "bob")
    await ann.sees("ann", "bob")
    await bob.tell("typing", "bob")
    await ann.hears(lambda name: name == "bob", of="typing")
    await bob.say("done typing")
    await bob.hears_text("done typing")
    assert "bob" not in bob.all("typing")


@pytest.mark.parametrize("payload", [None, "x"])
async def test_typing_may_carry_nothing(hubbub: System, visit_plain, payload) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    bob = await visit_plain(hubbub.url, "bob")
    await bob.tell("typing", payload)
    await ann.hears(lambda name: name == "bob", of="typing")


async def test_plain_and_object_people_share_the_lobby(
    hubbub: System, visit, visit_plain, name
) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    bob = await visit(hubbub.url, name("bob"), "lobby")
    await ann.sees("ann", name("bob"))
    await bob.say("lobby", "from the object form")
    assert (await ann.hears_text("from the object form"))["User"] == name("bob")
    await ann.say("from the plain form")
    assert (await bob.hears_text("from the plain form"))["User"] == "ann"
    assert (await bob.participants("lobby"))["users"] == ["ann", name("bob")]
    assert bob.all("participant") == [], "`participant` is for plain sockets only"
    assert ann.all("presence") == [], "the original knows no `presence`"


async def test_plain_hears_only_the_lobby(hubbub: System, visit, visit_plain, name, room) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    bob = await visit(hubbub.url, name("bob"), room)
    await bob.say(room, "elsewhere")
    await bob.join("lobby")
    await bob.say("lobby", "here")
    await ann.hears_text("here")
    assert {e["Room"] for e in ann.all("chat")} == {"lobby"}


async def test_plain_newcomers_get_the_last_lines_in_order(hubbub: System, visit_plain) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    for number in range(60):
        await ann.say(f"old {number}")
    await ann.hears_text("old 59")
    bob: PlainPage = await visit_plain(hubbub.url, "bob")
    await bob.say("new")
    await bob.hears_text("new")
    texts = [e["Text"] for e in bob.all("chat") if e["EvtType"] == "message"]
    assert texts == [*(f"old {number}" for number in range(10, 60)), "new"]
    seqs = [e["Seq"] for e in bob.all("chat")]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


async def test_broken_plain_messages_are_refused(hubbub: System, visit_plain) -> None:
    ann = await visit_plain(hubbub.url, "ann")
    for broken in ("{", "[]", "null", "17", json.dumps({"message": 5}), json.dumps({})):
        await ann.tell("chat", broken)
    await ann.say("still here")
    await ann.hears_text("still here")
    assert [e["code"] for e in ann.all("refused")] == ["bad_request"] * 6
