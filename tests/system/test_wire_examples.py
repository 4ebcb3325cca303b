"""docs/wire.md against a running system: requests are answered as it says, commands too."""

import asyncio
from typing import Any

import msgpack
import pytest
import zmq

from common.codec import decode_answer
from tests.support.system import System
from tests.wire_examples import COMMANDS, FROM_BROWSER, examples

EXAMPLES = examples(FROM_BROWSER)
ACKS = {heading: set(e) for heading, e in EXAMPLES if isinstance(e, dict) and "ok" in e}
OPTIONAL = {"cursor", "title", "user", "private"}
REQUESTS = [
    pytest.param(heading, example, id=f"{heading}-{number}")
    for number, (heading, example) in enumerate(EXAMPLES)
    if isinstance(example, list) and len(example) == 2 and isinstance(example[1], dict)
]
ANSWER_MS = 5000


@pytest.mark.parametrize(("heading", "example"), REQUESTS)
async def test_a_request_of_the_page_is_answered_as_the_page_says(
    hubbub: System, visit: Any, heading: str, example: list[Any]
) -> None:
    event, payload = example
    bob = await visit(hubbub.url, "bob", "lobby")
    ann = await visit(hubbub.url)
    if event != "join":
        await ann.join("lobby", user="ann")
    if event == "quit":
        payload = {"room": (await ann.direct(uid=bob.uid))["room"]}
    ack = await ann.ask(event, {**payload, "uid": bob.uid} if "uid" in payload else payload)
    if not ack["ok"]:
        assert set(ack["error"]) <= {"code", "message", "retryAfter"}
        assert ack["error"]["code"] == "bad_request" or heading not in ACKS, ack
    elif heading in ACKS:
        assert ACKS[heading] - OPTIONAL <= set(ack), f"{ack} is not what the page shows"
        assert set(ack) <= ACKS[heading] | OPTIONAL
    await bob.disconnect()
    await ann.disconnect()


async def test_each_command_of_the_page_is_answered_by_a_running_broker(hubbub: System) -> None:
    endpoint = hubbub.settings["HUBBUB_BROKER"]
    commands = [example for _, example in examples(COMMANDS)]
    commands.sort(key=lambda c: (c["do"] == "bye", c["do"] != "hello"))

    def ask_all() -> None:
        with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
            dealer.linger = 0
            dealer.connect(endpoint)
            for command in commands:
                dealer.send(msgpack.packb(command))
                assert dealer.poll(ANSWER_MS), f"no answer to {command}"
                answer = decode_answer(dealer.recv())
                assert answer.no == command["no"], f"{answer} to {command}"

    await asyncio.to_thread(ask_all)
