"""gateway/protocol/parsing.py, gateway/protocol/requests.py: any arguments give a request or a
refusal."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.errors import Refused
from common.messages import Since
from common.names import room_key
from gateway.protocol.parsing import parse_auth, parse_request
from gateway.protocol.requests import (
    AuthRequest,
    AuthRoom,
    ChatRequest,
    DirectRequest,
    HistoryRequest,
    JoinRequest,
    LeaveRequest,
    ParticipantsRequest,
    PlainChat,
    PlainJoin,
    PlainTyping,
    RoomsRequest,
    TypingRequest,
)

TOKEN = "abcdefghijklmnopqrst_-"


def refusal(event: str, *args: Any, plain: bool = False, page: int = 100) -> Refused:
    with pytest.raises(Refused) as caught:
        parse_request(event, list(args), plain, page)
    return caught.value


@pytest.mark.parametrize(
    ("event", "args", "expected"),
    [
        ("join", ["ann"], PlainJoin("ann")),
        ("join", [" ann "], PlainJoin("ann")),
        ("join", [{}], JoinRequest()),
        ("join", [{"user": "ann", "room": "Döner"}], JoinRequest("döner", "ann")),
        ("join", [{"token": TOKEN, "user": None, "x": 1}], JoinRequest("lobby", None, TOKEN)),
        ("join", [{"since": {"Epoch": "e", "Seq": 3}}], JoinRequest(since=Since("e", 3))),
        ("join", [{"since": None, "room": "@x"}, "more"], JoinRequest("@x")),
        ("chat", ['{"user":"x","timestamp":1,"message":"hi"}'], PlainChat("hi")),
        ("chat", [{"room": "a", "message": "hi"}], ChatRequest("a", "hi")),
        (
            "chat",
            [{"room": "a", "message": "a\0b\ud800", "id": "1"}],
            ChatRequest("a", "a�b�", "1"),
        ),
        ("chat", ['{"message":"\\ud800"}'], PlainChat("�")),
        ("chat", [{"room": "a", "message": "\U0001f600"}], ChatRequest("a", "\U0001f600")),
        ("leave", [{"room": "A"}], LeaveRequest("a")),
        ("typing", ["ann"], PlainTyping(True)),
        ("typing", [], PlainTyping(True)),
        ("typing", [None], PlainTyping(False)),
        ("typing", [""], PlainTyping(False)),
        ("typing", [{"room": "a", "typing": True}], TypingRequest("a", True)),
        ("direct", [{"user": "bob"}], DirectRequest(user="bob")),
        ("direct", [{"uid": "u"}], DirectRequest(uid="u")),
        ("history", [{"room": "a"}], HistoryRequest("a", None, None, 50)),
        ("history", [{"room": "a", "after": 0, "limit": 1}], HistoryRequest("a", None, 0, 1)),
        ("participants", [{"room": "a"}], ParticipantsRequest("a", "", "", 100)),
        ("rooms", [], RoomsRequest()),
        ("rooms", [{"after": "b", "limit": 100}], RoomsRequest("b")),
    ],
)
def test_requests_are_parsed(event: str, args: list[Any], expected: object) -> None:
    assert parse_request(event, args, False) == expected


@pytest.mark.parametrize(
    ("event", "args"),
    [
        ("join", []),
        ("join", [1]),
        ("join", [{"room": "a b"}]),
        ("join", [{"room": ""}]),
        ("join", [{"room": "x" * 65}]),
        ("join", [{"token": "short"}]),
        ("join", [{"token": TOKEN + "\n"}]),
        ("join", [{"token": TOKEN + "é"}]),
        ("join", [{"token": TOKEN * 4}]),
        ("join", [{"token": "x" * 22}]),
        ("join", [{"token": "abcd" * 6}]),
        ("join", [{"since": {"Epoch": "e"}}]),
        ("join", [{"since": {"Epoch": "e", "Seq": -1}}]),
        ("join", [{"since": {"Epoch": "e", "Seq": True}}]),
        ("chat", ["hello"]),
        ("chat", ["[" * 5000]),
        ("chat", ['{"message":1}']),
        ("chat", [{"message": "hi"}]),
        ("chat", [{"room": "a", "message": "hi", "id": ""}]),
        ("chat", [{"room": "a", "message": "hi", "id": "x" * 65}]),
        ("typing", [True]),
        ("direct", [{}]),
        ("direct", [{"user": "a", "uid": "b"}]),
        ("history", [{"room": "a", "before": True}]),
        ("history", [{"room": "a", "before": -1}]),
        ("history", [{"room": "a", "after": 1.5}]),
        ("history", [{"room": "a", "after": 10**30}]),
        ("history", [{"room": "a", "limit": 0}]),
        ("history", [{"room": "a", "limit": 101}]),
        ("rooms", ["x"]),
        ("nonsense", []),
        ("connect", []),
    ],
)
def test_bad_requests_are_refused(event: str, args: list[Any]) -> None:
    assert refusal(event, *args).code == "bad_request"


def test_bad_names_are_told_apart() -> None:
    assert refusal("join", "a,b").code == "bad_name"
    assert refusal("join", {"user": ""}).code == "bad_name"
    assert refusal("leave", {"room": "@" + "x" * 64}).code == "no_such_room"


def test_texts_and_names_that_are_too_long_are_refused_in_words_unparsed() -> None:
    long = "a" + "\u0301" * 40_000 + "\u0316" * 40_000
    refused: list[tuple[list[Any], str]] = [
        (["join", long], "bad_name"),
        (["join", {"user": long}], "bad_name"),
        (["direct", {"user": long}], "bad_name"),
        (["join", {"room": long}], "bad_request"),
        (["history", {"room": long}], "bad_request"),
        (["participants", {"room": "a", "prefix": long}], "bad_request"),
        (["chat", {"room": "a", "message": long}], "too_long"),
        (["chat", json.dumps({"message": long})], "too_long"),
    ]
    for args, code in refused:
        assert refusal(*args).code == code
    assert refusal("join", {"user": long}).message == "a name has at most 40 characters"
    auth = parse_auth({"token": TOKEN, "join": [{"room": "e\u0301" * 200}, {"room": "a"}]})
    assert auth is not None
    assert auth.join[1].room == "a"
    with pytest.raises(Refused):
        room_key(auth.join[0].room)


def test_messages_are_as_long_as_the_setting() -> None:
    assert parse_request("chat", [{"room": "a", "message": "12345"}], False, text_chars=5)
    with pytest.raises(Refused, match="at most 4 characters"):
        parse_request("chat", [{"room": "a", "message": "12345"}], False, text_chars=4)


def test_a_plain_socket_may_leave_out_the_room() -> None:
    assert parse_request("chat", [{"message": "hi"}], plain=True) == ChatRequest("lobby", "hi")
    assert parse_request("history", [{}], plain=True) == HistoryRequest("lobby")


def test_pages_are_as_large_as_the_setting() -> None:
    assert parse_request("history", [{"room": "a"}], False, page=20) == HistoryRequest(
        "a", limit=20
    )
    assert refusal("history", {"room": "a", "limit": 21}, page=20).message == "limit is 1 to 20"


def test_events_that_are_not_offered_yet_are_refused_so() -> None:
    for event in ("create", "invite", "read", "search", "edit", "delete", "react"):
        assert refusal(event, {}).message == f"{event} is not offered yet"
    assert "participants" in refusal("nonsense").message


def test_auth() -> None:
    assert parse_auth(None) is None
    assert parse_auth({}) is None
    assert parse_auth({"other": 1}) is None
    assert parse_auth({"token": TOKEN}) == AuthRequest(TOKEN)
    rooms = [{"room": "A", "since": {"Epoch": "e", "Seq": 0}}, {"room": "no room", "since": None}]
    assert parse_auth({"token": TOKEN, "user": "ann", "join": rooms}) == AuthRequest(
        TOKEN, "ann", [AuthRoom("a", Since("e", 0)), AuthRoom("no room")]
    )


@pytest.mark.parametrize(
    "auth",
    [
        {"join": []},
        {"token": "x"},
        {"token": "ab" * 20},
        {"token": TOKEN, "join": {}},
        {"token": TOKEN, "join": ["a"]},
        {"token": TOKEN, "join": [{"room": "a"}] * 101},
    ],
)
def test_bad_auth(auth: object) -> None:
    with pytest.raises(Refused):
        parse_auth(auth)


words = st.sampled_from(
    ["join", "chat", "leave", "typing", "direct", "history", "participants", "rooms", "edit"]
)
keys = st.sampled_from(
    ["user", "room", "token", "since", "Epoch", "Seq", "message", "id", "typing", "uid", "before",
     "after", "prefix", "limit", "join"]
)  # fmt: skip
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    | st.text(st.characters(categories=["Cs", "Cc", "L"])) | st.just(TOKEN)
)  # fmt: skip
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(keys | st.text(), inner)
)


@given(words | st.text(), st.lists(anything, max_size=2), st.booleans())
@example("chat", [json.dumps({"message": "x" * 4000})], False)
def test_any_arguments_give_a_request_or_a_refusal(
    event: str, args: list[Any], plain: bool
) -> None:
    try:
        request = parse_request(event, args, plain)
    except Refused:
        return
    for text in (getattr(request, field) for field in request.__struct_fields__):
        if isinstance(text, str):
            assert "\0" not in text
            text.encode()


@given(anything)
def test_any_auth_gives_a_request_or_a_refusal(auth: Any) -> None:
    try:
        request = parse_auth(auth)
    except Refused:
        return
    assert request is None or isinstance(request, AuthRequest)
