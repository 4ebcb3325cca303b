"""The handshake's `auth`: joined before anything else of the connection is handled."""

import contextlib
import secrets

import pytest
import socketio

from tests.support.system import System
from tests.system.client import ok, refusal
from tests.system.people import Person


def joining(token: str, *rooms: str, **more) -> dict[str, object]:
    return {"token": token, "join": [{"room": room} for room in rooms], **more}


async def test_each_room_of_the_handshake_is_told(hubbub: System, visit, name, room) -> None:
    token = secrets.token_urlsafe(16)
    ann = await visit(hubbub.url, auth=joining(token, room, f"{room}-2", user=name("ann")))
    one = ok(await ann.hears(lambda a: a.get("room") == room, of="joined"))
    two = ok(await ann.hears(lambda a: a.get("room") == f"{room}-2", of="joined"))
    assert set(one) == {
        "ok", "user", "uid", "token", "room", "epoch", "seq", "recovered", "count", "version",
        "private",
    }  # fmt: skip
    assert (one["user"], one["token"], two["uid"]) == (name("ann"), token, one["uid"])
    assert len(ann.all("joined")) == 2
    await ann.say(f"{room}-2", "hi")
    await ann.hears_text("hi")
    assert ann.seqs(f"{room}-2") == [1, 2]


async def test_requests_that_come_at_once_find_the_socket_joined(
    hubbub: System, visit, name, room
) -> None:
    for number in range(10):
        auth = joining(secrets.token_urlsafe(16), room, user=name(f"p{number}"))
        person = await visit(hubbub.url, auth=auth)
        await person.say(room, "at once")


async def test_errors_come_as_joined_events_too(hubbub: System, visit, name, room) -> None:
    auth = joining(secrets.token_urlsafe(16), "no good name", room, "system", user=name("ann"))
    ann = await visit(hubbub.url, auth=auth)
    await ann.hears(lambda a: a["ok"], of="joined")
    await ann.say(room, "still in")
    answers = ann.all("joined")
    assert len(answers) == 3
    errors = [{**a} for a in answers if not a["ok"]]
    for error in errors:
        error.pop("room", None)
    assert [refusal(error) for error in errors] == ["bad_request", "forbidden"]


async def test_a_handshake_recovers_what_was_missed(hubbub: System, visit, name, room) -> None:
    bob = await visit(hubbub.url, name("bob"), room)
    ann = await visit(hubbub.url, name("ann"), room)
    epoch = (await ann.join(room))["epoch"]
    await ann.lose()
    for number in range(5):
        await bob.say(room, f"missed {number}")
    since = {"Epoch": epoch, "Seq": 2}
    back = await visit(
        hubbub.url, auth={"token": ann.token, "join": [{"room": room, "since": since}]}
    )
    ack = ok(await back.hears(of="joined"))
    assert (ack["recovered"], ack["user"]) == (True, name("ann"))
    await back.hears_text("missed 4")
    assert back.seqs(room) == [3, 4, 5, 6, 7]


async def test_a_token_alone_says_who_the_next_join_is(hubbub: System, visit, name, room) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    tab: Person = await visit(hubbub.url, auth={"token": ann.token})
    answer = await tab.ask("join", {"room": room})
    assert ok(answer)["uid"] == ann.uid


@pytest.mark.parametrize(
    "auth",
    [
        [],
        {"token": 5},
        {"token": "short", "join": [{"room": "x"}]},
        {"join": "lobby"},
        {"join": [5]},
        {"join": [{"room": 5}]},
        {"token": "0123456789-abcdefghijk", "user": "a,b", "join": [{"room": "x"}]},
        {
            "token": "0123456789-abcdefghijk",
            "user": "n",
            "join": [{"room": "x", "since": "yesterday"}],
        },
        {
            "token": "0123456789-abcdefghijk",
            "user": "n",
            "join": [{"room": f"r{n}"} for n in range(5000)],
        },
    ],
)
async def test_a_bad_handshake_harms_nobody(hubbub: System, visit, name, room, auth) -> None:
    ann = await visit(hubbub.url, name("ann"), room)
    with contextlib.suppress(socketio.exceptions.ConnectionError):  # if the connection is refused
        await visit(hubbub.url, auth=auth)
    bob = await visit(hubbub.url, name("bob"), room)
    await bob.say(room, "all is well")
    await ann.hears_text("all is well")
    assert hubbub.gateways[0].running
