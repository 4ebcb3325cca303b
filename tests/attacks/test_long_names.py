"""Names of any length are measured before they are looked at: to sort the marks of a long one takes
the square of its length."""

import asyncio
import json
import time
from typing import Any

import msgpack
import zmq

from tests.attacks.unnoticed import nobody_notices
from tests.support.system import System
from tests.system.raw import raw

LONG = "a" + "\u0301" * 40_000 + "\u0316" * 40_000
LONGER = "a" + "\u0301" * 300_000 + "\u0316" * 300_000
ANSWERED_S = 0.05
TRIES = 5
"""The machine is shared: one try in time shows that an answer costs no more than that."""
ROUNDS = 10
HELLO_NO = 1 << 20
ANSWERED_LATEST_MS = 10_000
TOKEN = "0123456789-abcdefghijklmnop"

ASKED: list[tuple[str, Any]] = [
    ("join", LONG),
    ("join", {"user": LONG, "token": TOKEN}),
    ("join", {"room": LONG, "user": "ann"}),
    ("join", {"room": "tea", "token": LONG}),
    ("join", {"room": "tea", "since": {"Epoch": LONG, "Seq": 1}}),
    ("chat", {"room": LONG, "message": "x"}),
    ("chat", {"room": "tea", "message": LONG}),
    ("chat", {"room": "tea", "message": "x", "id": LONG}),
    ("chat", json.dumps({"user": LONG, "timestamp": 1, "message": LONG}, ensure_ascii=False)),
    ("direct", {"user": LONG}),
    ("direct", {"uid": LONG}),
    ("history", {"room": LONG}),
    ("typing", {"room": LONG, "typing": True}),
    ("leave", {"room": LONG}),
    ("participants", {"room": "tea", "after": LONG}),
    ("participants", {"room": "tea", "prefix": LONG}),
    ("rooms", {"after": LONG}),
    (LONG, {}),
]


async def test_long_names_of_browsers_cost_nobody_anything(hubbub: System) -> None:
    async def attack() -> None:
        async with raw(hubbub) as socket:
            auth = {"token": TOKEN, "user": LONG, "join": [{"room": LONG}] * 5}
            await socket.send_str("40" + json.dumps(auth, ensure_ascii=False))
            for number, (event, payload) in enumerate(ASKED):
                said = json.dumps([event, payload], ensure_ascii=False)
                await socket.send_str(f"42{number}{said}")
            answered: set[str] = set()
            async with asyncio.timeout(20):
                while len(answered) < len(ASKED):
                    packet = await socket.receive_str()
                    if packet.startswith("43"):
                        no, _, answer = packet[2:].partition("[")
                        assert json.loads("[" + answer)[0]["ok"] is False, packet[:200]
                        answered.add(no)

    await nobody_notices(attack, hubbub)


async def test_a_name_of_two_megabytes_is_answered_at_once(hubbub: System) -> None:
    said = json.dumps(["join", LONGER], ensure_ascii=False)
    assert len(said.encode()) > 1 << 20
    took = []
    async with raw(hubbub) as socket:
        await socket.send_str("40")
        assert (await socket.receive_str()).startswith("40")
        for number in range(TRIES):
            begun = time.monotonic()
            await socket.send_str(f"42{number}{said}")
            while not (packet := await socket.receive_str()).startswith(f"43{number}"):
                pass
            took.append(time.monotonic() - begun)
            assert '"ok":false' in packet
            assert '"bad_name"' in packet or '"too_long"' in packet
    assert min(took) < ANSWERED_S, took


NAMES_A_PERSON_OR_ROOM: list[dict[str, Any]] = [
    {"do": "ban", "user": LONG},
    {"do": "ban", "uid": LONG},
    {"do": "announce", "text": "x", "room": LONG},
    {"do": "announce", "text": "x" * 4001},
    {"do": "announce", "text": "x", "id": LONG},
    {"do": "blank", "room": LONG, "seq": 1},
    {"do": "names", "room": LONG},
    {"do": "page", "room": LONG},
    {"do": "heads", "rooms": [LONG]},
    {"do": "join", "sid": "s", "key": "0" * 64, "room": LONG},
    {"do": "join", "sid": "s", "key": "0" * 64, "room": "tea", "user": LONG},
    {"do": "direct", "sid": "s", "user": LONG},
    {"do": "participants", "sid": "s", "room": "tea", "prefix": LONG},
    {"do": "register", "sittings": [["s", "u", False, [LONG]]], "last": False},
    {"do": "take_up", "topics": [LONG], "nonce": "n"},
    {"do": "nothing", "user": LONG},
    {"do": "ban", "user": [LONG] * 5},
]


async def test_long_names_at_the_broker_cost_nobody_anything(hubbub: System) -> None:
    def attack() -> None:
        with zmq.Context() as context, context.socket(zmq.DEALER) as peer:
            peer.linger = 0
            peer.connect(hubbub.settings["HUBBUB_BIND"])
            peer.send(msgpack.packb({"do": "hello", "no": HELLO_NO, "wire": 1}))
            assert msgpack.unpackb(peer.recv_multipart()[-1])["re"] == "welcome"
            for no, command in enumerate(NAMES_A_PERSON_OR_ROOM * ROUNDS):
                peer.send(msgpack.packb({"no": no, **command}))
                assert peer.poll(ANSWERED_LATEST_MS), f"unanswered: {command['do']}"
                answer = msgpack.unpackb(peer.recv_multipart()[-1])
                assert (answer["no"], answer["re"]) == (no, "failed"), answer

    await nobody_notices(lambda: asyncio.to_thread(attack), hubbub)
