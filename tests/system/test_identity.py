"""Who is who: names that are unique, tokens that bring them back, tabs that are one person."""

import secrets

import pytest

from common.names import user_key
from tests.support.system import System
from tests.system.client import ok, refusal


async def test_people_with_one_name_are_told_apart(hubbub: System, visit, name, room) -> None:
    users = []
    for user in (name("ann"), name("ann"), name("ANN"), name("ann")):
        person = await visit(hubbub.url)
        users.append((await person.join(room, user=user))["user"])
    assert users[0] == name("ann")
    assert users[1] == name("ann") + "2"
    assert len({user.casefold() for user in users}) == 4
    assert all(user.casefold().startswith(name("ann")) for user in users)


async def test_names_are_unique_across_rooms(hubbub: System, visit, name, room) -> None:
    await visit(hubbub.url, name("ann"), room)
    other = await visit(hubbub.url, name("ann"), f"{room}-2")
    assert other.user == name("ann") + "2"


async def test_a_long_name_in_use_still_fits(hubbub: System, visit, name, room) -> None:
    long = name("x" * 33)
    assert len(long) == 40
    await visit(hubbub.url, long, room)
    other = await visit(hubbub.url, long, room)
    assert len(other.user) <= 40
    assert other.user != long


async def test_names_are_trimmed_and_normal(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url)
    ack = await ann.join(room, user="  " + name("Zoe\u0308") + " ")
    assert ack["user"] == name("Zo\u00eb")


@pytest.mark.parametrize("bad", ["", "   ", "a,b", "x" * 41, "a\nb", "a\x00b"])
async def test_bad_names_are_refused(hubbub: System, visit, room, bad: str) -> None:
    person = await visit(hubbub.url)
    assert refusal(await person.ask("join", {"room": room, "user": bad})) == "bad_name"


async def test_nobody_is_called_system(hubbub: System, visit, room) -> None:
    person = await visit(hubbub.url)
    answer = await person.ask("join", {"room": room, "user": "System"})
    if answer["ok"]:
        assert answer["user"].casefold() != "system"
    else:
        assert refusal(answer) == "bad_name"


async def test_a_token_brings_back_uid_and_name(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.disconnect()
    back = await visit(hubbub.url)
    ack = await back.join(room, token=ann.token)
    assert (ack["user"], ack["uid"], ack["token"]) == (name("ann"), ann.uid, ann.token)


async def test_a_name_is_kept_for_the_person_who_has_left(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.disconnect()
    other = await visit(hubbub.url, name("bob"), room)
    await other.hears(lambda e: e["EvtType"] == "leave" and e["User"] == name("ann"))
    thief = await visit(hubbub.url, name("ann"), room)
    assert thief.user != name("ann")
    back = await visit(hubbub.url)
    assert (await back.join(room, token=ann.token))["user"] == name("ann")


async def test_a_name_that_looks_like_a_taken_one_is_numbered(
    hubbub: System, visit, name, room
) -> None:
    ann = await visit(hubbub.url, name("Ann x"), room)
    user = ann.user
    looks = [
        user.replace("n", "n\u200d"), f"{user}\ufe0f", f"{user}\u3164", f"\u034f{user}",
        user.replace(" ", "\u00a0"), user.replace(" ", "\u2003 "), user.replace(" ", "\u2800"),
        user.replace("A", "\uff21"), user.replace("A", "\U0001d400"), f"{user}\U000e0101",
    ]  # fmt: skip
    used = {user_key(user)}
    for look in looks:
        other = await visit(hubbub.url, look, room)
        assert user_key(other.user) not in used, ascii(other.user)
        used.add(user_key(other.user))


async def test_names_that_show_nothing_are_refused(hubbub: System, visit, room) -> None:
    person = await visit(hubbub.url)
    for bad in ("\u3164", "\u2800", "\ufe0f", "\u200d\u200c", "\u034f", "\u00a0", "\u0301"):
        assert refusal(await person.ask("join", {"room": room, "user": bad})) == "bad_name"


@pytest.mark.parametrize(
    "user",
    ["👩\u200d🚀", "❤\ufe0f Ann", "नमस्ते", "สมชาย", "می\u200cخواهم", "محمد"],  # noqa: RUF001
)
async def test_names_of_all_scripts_are_shown_as_they_are(
    hubbub: System, visit, room, user: str
) -> None:
    ann = await visit(hubbub.url, user, room)
    assert ann.user == user
    assert (await ann.ask("participants", {"room": room}))["users"] == [user]
    await ann.leave(room)


async def test_a_join_with_a_token_of_ones_own_can_be_retried(
    hubbub: System, visit, name, room
) -> None:
    token = secrets.token_urlsafe(16)
    asked = {"room": room, "user": name("ann"), "token": token}
    first = await visit(hubbub.url)
    one = ok(await first.ask("join", asked))
    assert one["token"] == token
    await first.lose()
    second = await visit(hubbub.url)
    two = ok(await second.ask("join", asked))
    assert (two["user"], two["uid"], two["token"]) == (one["user"], one["uid"], token)


@pytest.mark.parametrize("bad", ["short", "x" * 65, "ä" * 30, "a b" * 10, "", 5, ["x" * 30], {}])
async def test_bad_tokens_are_refused(hubbub: System, visit, name, room, bad) -> None:
    person = await visit(hubbub.url)
    asked = {"room": room, "user": name("ann"), "token": bad}
    assert refusal(await person.ask("join", asked)) == "bad_request"


async def test_an_unknown_token_needs_a_name(hubbub: System, visit, room) -> None:
    person = await visit(hubbub.url)
    code = refusal(await person.ask("join", {"room": room, "token": secrets.token_urlsafe(16)}))
    assert code in ("bad_name", "bad_request")
    assert refusal(await person.ask("join", {"room": room})) in ("bad_name", "bad_request")


async def test_a_bound_socket_keeps_its_token(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    asked = {"room": f"{room}-2", "user": name("bob"), "token": secrets.token_urlsafe(16)}
    assert refusal(await ann.ask("join", asked)) == "bad_request"
    assert (await ann.join(f"{room}-2", token=ann.token))["uid"] == ann.uid


async def test_tabs_of_one_token_are_one_participant(hubbub: System, visit, name, room) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    tabs = [await visit(hubbub.url, name("ann"), room)]
    for _ in range(2):
        tab = await visit(hubbub.url)
        ack = await tab.join(room, token=tabs[0].token)
        assert (ack["seq"], ack["count"]) == (2, 2), "a second tab is no news"
        tabs.append(tab)
    listed = await bob.participants(room)
    assert (listed["count"], listed["users"]) == (2, [name("ann"), name("bob")])
    await tabs[1].say(room, "to all tabs")
    for tab in tabs:
        await tab.hears_text("to all tabs")
    await tabs[0].leave(room)
    await tabs[1].disconnect()
    await tabs[2].say(room, "still here")
    await bob.hears_text("still here")
    assert bob.lines(room, "leave") == []
    await tabs[2].leave(room)
    gone = await bob.hears(lambda e: e["EvtType"] == "leave")
    assert gone["User"] == name("ann")


async def test_a_new_name_shows_in_all_rooms(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    await ann.join(f"{room}-2")
    bob = await visit(hubbub.url, name("bob"), f"{room}-2")
    ack = await ann.join(room, user=name("anna"))
    assert (ack["user"], ack["uid"]) == (name("anna"), ann.uid)
    line = await bob.hears(lambda e: e["EvtType"] == "rename")
    assert (line["User"], line["Text"], line["Uid"]) == (name("anna"), name("ann"), ann.uid)
    await ann.hears(lambda e: e["EvtType"] == "rename" and e["Room"] == room)
    assert (await bob.participants(f"{room}-2"))["users"] == [name("anna"), name("bob")]
    await ann.say(f"{room}-2", "new me")
    assert (await bob.hears_text("new me"))["User"] == name("anna")
