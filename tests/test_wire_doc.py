"""docs/wire.md: its examples are messages of the code, and no message is without one."""

import json
from collections.abc import Callable
from typing import Any, get_args

import msgpack
import msgspec
import pytest

from common.codec import decode_answer, decode_broadcast, decode_command, encode
from common.errors import CODES
from common.messages import WIRE, AnyAnswer, AnyBroadcast, AnyCommand, Event, EventKind
from gateway.protocol.parsing import parse_auth, parse_request
from gateway.protocol.payloads import event_payload
from tests.wire_examples import (
    ANSWERS,
    BROADCASTS,
    COMMANDS,
    DOC,
    FROM_BROWSER,
    TO_BROWSER,
    examples,
)

SIDES: dict[str, tuple[str, Any, Callable[[bytes], Any]]] = {
    COMMANDS: ("do", AnyCommand, decode_command),
    ANSWERS: ("re", AnyAnswer, decode_answer),
    BROADCASTS: ("is", AnyBroadcast, decode_broadcast),
}
FRAMES = [(part, heading, example) for part in SIDES for heading, example in examples(part)]
ASKED = [e for heading, e in examples(FROM_BROWSER) if isinstance(e, list) or heading == "auth"]
TOLD = [example for _, example in examples(TO_BROWSER)]
HISTORY = next(e for name, e in examples(FROM_BROWSER) if name == "history" and isinstance(e, dict))


@pytest.mark.parametrize(("part", "heading", "example"), FRAMES)
def test_a_zeromq_example_is_the_message_of_its_heading(
    part: str, heading: str, example: dict[str, Any]
) -> None:
    tag, _, decode = SIDES[part]
    message = decode(msgpack.packb(example))
    assert example[tag] == heading
    frame = encode(message)
    assert decode(frame) == message
    assert msgpack.unpackb(frame) == example, "every field is known, and defaults are left out"


@pytest.mark.parametrize("part", SIDES)
def test_every_zeromq_message_has_an_example(part: str) -> None:
    _, union, _ = SIDES[part]
    tags = {kind.__struct_config__.tag for kind in get_args(union)}
    assert {heading for heading, _ in examples(part)} == tags


def test_the_wire_version_is_told() -> None:
    assert f"Wire version: {WIRE}." in DOC


@pytest.mark.parametrize("example", ASKED, ids=json.dumps)
def test_a_browser_may_say_what_the_examples_say(example: Any) -> None:
    if isinstance(example, dict):
        assert parse_auth(example) is not None
        return
    event, *args = example
    plain = not (args and isinstance(args[0], dict))
    ask = parse_request(event, args, plain)
    if not plain:
        known = {field.encode_name for field in msgspec.structs.fields(ask)}
        assert args[0].keys() <= known, "every key of the example means something"


def test_every_request_has_an_example_under_its_own_heading() -> None:
    named = [(heading, e) for heading, e in examples(FROM_BROWSER) if isinstance(e, list)]
    assert all(heading == example[0] for heading, example in named)
    assert {heading for heading, _ in named} == {
        "join", "chat", "leave", "typing", "direct", "quit", "history", "participants", "rooms",
    }  # fmt: skip
    acked = {heading for heading, e in examples(FROM_BROWSER) if isinstance(e, dict)}
    assert acked == {heading for heading, _ in named} | {"auth"}


def test_every_event_to_browsers_has_an_example_under_its_own_heading() -> None:
    assert all(heading == example[0] for heading, example in examples(TO_BROWSER))
    assert {example[0] for example in TOLD} == {
        "joined", "chat", "participant", "presence", "typing", "reset", "link", "refused",
    }  # fmt: skip


@pytest.mark.parametrize(
    "payload",
    [example[1] for example in TOLD if example[0] == "chat"] + HISTORY["events"],
    ids=lambda payload: payload["EvtType"],
)
def test_a_chat_example_is_what_an_event_becomes(payload: dict[str, Any]) -> None:
    event = Event(
        seq=payload["Seq"],
        kind=payload["EvtType"],
        user=payload["User"],
        timestamp=payload["Timestamp"],
        text=payload["Text"],
        uid=payload.get("Uid", ""),
        id=payload.get("Id", ""),
        ref=payload.get("Ref", 0),
        rev=payload.get("Rev", 0),
    )
    assert event_payload(payload["Room"], event) == payload


def test_all_kinds_and_codes_are_named() -> None:
    for word in {*get_args(EventKind), *(CODES - {"hello"})}:
        assert f"`{word}`" in DOC
