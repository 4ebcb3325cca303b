"""Bad bytes at the ZeroMQ ports: counted and answered, and the people notice nothing."""

import asyncio
import random
import socket
from urllib.parse import urlsplit

import msgpack
import pytest
import zmq

from tests.support.system import System


def send_bytes(endpoint: str, *chunks: bytes) -> None:
    """Sends bytes over bare TCP, and ignores what the other side answers."""
    url = urlsplit(endpoint)
    for chunk in chunks:
        with socket.create_connection((url.hostname, url.port), timeout=5) as connection:
            try:
                connection.sendall(chunk)
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(0.2)
                while connection.recv(1 << 16):
                    pass
            except OSError:
                continue


@pytest.mark.parametrize("which", ["HUBBUB_BIND", "HUBBUB_EVENTS_BIND"])
async def test_random_bytes_to_a_port_are_survived(hubbub: System, undisturbed, which: str) -> None:
    chance = random.Random(1)
    chunks = [chance.randbytes(size) for size in (1, 10, 64, 1000, 100_000)]
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(16) + bytes(32)
    chunks += [greeting + chance.randbytes(500), b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 10]
    await asyncio.to_thread(send_bytes, hubbub.settings[which], *chunks)


def send_frames(endpoint: str, *messages: list[bytes], kind: int = zmq.DEALER) -> list[bytes]:
    """Sends frames by a ZeroMQ socket of its own; returns what was answered."""
    answers = []
    with zmq.Context() as context, context.socket(kind) as peer:
        peer.linger = 2000
        peer.connect(endpoint)
        for message in messages:
            peer.send_multipart(message)
        while kind == zmq.DEALER and peer.poll(500):
            answers.append(peer.recv_multipart()[-1])
    return answers


def packed(**fields: object) -> bytes:
    return bytes(msgpack.packb(fields))


JOIN = {"no": 1, "sid": "s", "key": "0" * 64, "room": "lobby"}

FRAMES = [
    b"",
    b"\x00",
    b"\xc1",
    b"hello",
    b"\x81" * 50_000,
    b"\x91" * 1_000_000,
    b"\xdf\xff\xff\xff\xff",
    packed(),
    packed(do="hello"),
    packed(do="hello", no="one", wire=1),
    packed(do="hello", no=1, wire=999),
    packed(do="hello", no=-1, wire=1, gateway=["x"]),
    packed(do="fly", no=1),
    packed(do=["join"], no=1),
    packed(do="beat", no=2**63),
    packed(do="join", **JOIN),
    packed(do="join", **{**JOIN, "user": "x" * 1_000_000}),
    packed(do="say", no=1, sid="s", room="lobby", text=b"\xff\xfe", id="x"),
    packed(do="announce", no=1, text={"a": 1}),
    packed(do="register", no=1, sittings=[["x"]], last=True),
    packed(do="take_up", no=1, topics=["x"] * 1000, nonce="n"),
    bytes(msgpack.packb([1, 2, 3])),
    bytes(msgpack.packb({1: 2, None: 3})),
    bytes(3_000_000),
]


async def test_wrong_frames_to_the_command_port_are_counted_and_answered(
    hubbub: System, undisturbed
) -> None:
    endpoint = hubbub.settings["HUBBUB_BIND"]
    chance = random.Random(2)
    frames = [[frame] for frame in FRAMES] + [[chance.randbytes(60)] for _ in range(300)]
    frames += [[b"a", b"b", b"c"], [b"", b""], [packed(do="beat", no=1)] * 20, [bytes(5 << 20)]]
    answers = await asyncio.to_thread(send_frames, endpoint, *frames)
    for answer in answers:
        told = msgpack.unpackb(answer)
        assert told["re"] == "failed", told
        assert told["message"], told


async def test_a_peer_that_has_not_said_hello_may_not_act_for_people(
    hubbub: System, visit, name, room, undisturbed
) -> None:
    ann = await visit(hubbub.url, name("listener"), "lobby")
    frames = [
        [packed(do="join", no=1, sid="s", key="0" * 64, room="lobby", user="ghost")],
        [packed(do="say", no=2, sid="s", room="lobby", text="boo", id="x")],
        [packed(do="history", no=3, sid="s", room="lobby")],
    ]
    answers = await asyncio.to_thread(send_frames, hubbub.settings["HUBBUB_BIND"], *frames)
    assert [msgpack.unpackb(answer)["re"] for answer in answers] == ["failed"] * 3
    await ann.is_up_to_date()
    assert "ghost" not in str(ann.heard)
    assert "boo" not in str(ann.heard)


async def test_strange_subscribers_to_the_event_port_slow_nobody(
    hubbub: System, undisturbed
) -> None:
    """An XSUB may send anything. A subscriber of everything that reads nothing slows nobody."""
    endpoint = hubbub.settings["HUBBUB_EVENTS_BIND"]
    chance = random.Random(3)
    messages = [[b"\x01" + chance.randbytes(n)] for n in (1, 10, 200, 10_000)]
    messages += [[b"\x00never subscribed"], [b"\x02garbage"], [b""], [bytes(2_000_000)]]
    messages += [[b"\x01", b"more"], [b"\x01"]]
    await asyncio.to_thread(send_frames, endpoint, *messages, kind=zmq.XSUB)


async def test_a_publisher_of_lies_is_not_heard(
    hubbub: System, visit, name, room, undisturbed
) -> None:
    ann = await visit(hubbub.url, name("listener"), room + "-x")
    lie = packed(
        **{"is": "happened"},
        term=10**9,
        epoch="lie",
        room=room + "-x",
        events=[{"seq": 2, "kind": "message", "user": "liar", "timestamp": 0.0, "text": "lie"}],
    )
    topic = f"events/{room}-x\0".encode()
    await asyncio.to_thread(
        send_frames, hubbub.settings["HUBBUB_EVENTS_BIND"], [topic, lie], kind=zmq.PUB
    )
    await ann.say(room + "-x", "the truth")
    assert (await ann.hears_text("the truth"))["Seq"] == 2
    assert "lie" not in [e.get("Text") for e in ann.lines(room + "-x")]
