"""The sockets of one link receive messages, and say when they are of no use any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import zmq

from common import messages as m
from common.codec import encode
from common.errors import FrameError
from common.keys import PeerKeys, broker_keys, make_pair, peer_keys
from common.zmq_sockets import ZmqSocket, bind, router
from gateway.link.zmq_sockets import LinkSockets
from tests.support.fake_broker import fake_broker


class Open:
    """The sockets of a link, and the event that wakes their reader."""

    def __init__(self, context: zmq.Context[ZmqSocket], broker: str, keys: PeerKeys | None) -> None:
        self.bad: list[FrameError] = []
        self._awake = asyncio.Event()
        self.wire = LinkSockets(context, broker, keys, self._awake.set, self.bad.append)

    async def wake(self) -> None:
        await self._awake.wait()
        self._awake.clear()
        self.wire.watch_connections()


@asynccontextmanager
async def wire_to(broker: str, keys: PeerKeys | None = None) -> AsyncIterator[Open]:
    context: zmq.Context[ZmqSocket] = zmq.Context()
    opened = Open(context, broker, keys)
    try:
        yield opened
    finally:
        opened.wire.close()
        context.term()


async def test_a_read_that_reached_its_limit_wakes_again() -> None:
    async with fake_broker() as broker, wire_to(broker.endpoint) as one:
        for no in range(1, 11):
            one.wire.send(encode(m.Beat(no=no)))
        await broker.saw(m.Beat, 10)
        numbers: list[int] = []
        while len(numbers) < 10:
            await one.wake()
            numbers += [answer.no for answer in one.wire.answers(3)]
        assert numbers == list(range(1, 11))


async def test_broadcasts_that_are_not_read_wait_in_their_socket() -> None:
    async with fake_broker() as broker, wire_to(broker.endpoint) as one:
        one.wire.connect_broadcasts(broker.events)
        one.wire.subscribe(["t\0"])
        while not one.wire.subscribed:
            await one.wake()
        await broker.subscribed("t\0")
        marked = m.Marked(term=1, topic="t\0", nonce="n", epoch="e")
        await broker.publish("t\0", marked)
        heard: list[tuple[str, m.AnyBroadcast]] = []
        while not heard:
            await one.wake()
            assert list(one.wire.broadcasts(0)) == []
            heard += one.wire.broadcasts(10)
        assert heard == [("t\0", marked)]


async def test_an_impossible_endpoint_breaks_the_sockets_without_an_error() -> None:
    async with wire_to("tcp://127.0.0.1:http") as one:
        assert "cannot connect: tcp://127.0.0.1:http cannot be used" in one.wire.broken


async def test_a_lost_connection_breaks_the_sockets() -> None:
    async with fake_broker() as broker, wire_to(broker.endpoint) as one:
        one.wire.send(encode(m.Beat(no=1)))
        await broker.saw(m.Beat)
        broker.close()
        while not one.wire.broken:
            await one.wake()


@pytest.mark.parametrize("keyed", ["stranger", "nobody"])
async def test_a_broker_that_wants_another_key_breaks_the_sockets(
    tmp_path: Path, keyed: str
) -> None:
    for folder in ("broker", "stranger"):
        for name in ("broker", "local"):
            make_pair(tmp_path / folder, name)
    context: zmq.Context[ZmqSocket] = zmq.Context()
    commands = router(context, broker_keys(str(tmp_path / "broker")))
    endpoint = bind(commands, "tcp://127.0.0.1:*")
    keys = peer_keys(str(tmp_path / "stranger")) if keyed == "stranger" else None
    try:
        async with wire_to(endpoint, keys) as one:
            while not one.wire.broken:
                await one.wake()
            assert "HUBBUB_KEYS" in one.wire.broken
    finally:
        commands.close(linger=0)
        context.term()
