"""The WebSocket of one browser (gateway/transport/websocket.py), on a real socket."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from gateway.protocol.packets import Head
from gateway.protocol.sizes import sizes
from gateway.protocol.websocket_frames import BINARY, PING, PONG, TEXT
from gateway.runtime.work_queue import WorkQueue
from gateway.transport.backlog import Backlog
from gateway.transport.idle import LIMIT
from gateway.transport.poller import Poller
from gateway.transport.websocket import PONG_LIMIT_BYTES, TURN_FRAMES, WebSocket
from tests.gateway.protocol.test_websocket_frames import frame


class Means:
    """What a gateway has for all WebSockets."""

    def __init__(self, backlog_bytes: int = 1 << 20) -> None:
        loop = asyncio.get_running_loop()
        self.poller, self.work_queue = Poller(loop), WorkQueue(loop)
        self.backlog, self.sizes = Backlog(backlog_bytes), sizes(100)


class Owner:
    """Remembers what came."""

    def __init__(self) -> None:
        self.came: list[str | bytes | None] = []

    def receive(self, packets: list[str | bytes | None]) -> None:
        self.came += packets

    def end(self) -> None:
        self.came.append("the end")

    def refuse(self, why: str) -> None:
        self.came.append(why)


class Later:
    """Work in the same queue: when it has been stepped twice, works before it had their turns."""

    def __init__(self) -> None:
        self.stepped = asyncio.Event()
        self._steps = 0

    def step(self) -> bool:
        self._steps += 1
        if self._steps == 2:
            self.stepped.set()
        return self._steps < 2

    def failed(self) -> None:
        raise AssertionError("a step cannot fail")


@contextlib.contextmanager
def opened(means: Means) -> Iterator[tuple[WebSocket, Owner, socket.socket]]:
    """A WebSocket that reads, its owner, and the other end."""
    near, other = socket.socketpair()
    near.setblocking(False)
    other.setblocking(False)
    ws = WebSocket(near, means)
    try:
        ws.owner = owner = Owner()
        ws.read(True)
        yield ws, owner, other
    finally:
        ws.abort()
        other.close()
        means.poller.close()


async def test_a_browser_that_pings_and_does_not_read_gets_few_pongs() -> None:
    means, ping = Means(), frame(PING, b"x" * 125)
    with opened(means) as (ws, owner, other):
        for _ in range(9):
            ws.received(ping * 100)
            assert len(ws.unsent) <= PONG_LIMIT_BYTES + len(ping)
        assert ws.unsent
        ws.received(frame(TEXT, b"heard"))
        assert owner.came == ["heard"]

        heard = b""
        async with asyncio.timeout(5):
            while ws.unsent:
                heard += await asyncio.get_running_loop().sock_recv(other, 1 << 20)
            ws.received(frame(PING, b"last"))
            while not heard.endswith(b"\x8a\x04last"):
                heard += await asyncio.get_running_loop().sock_recv(other, 1 << 20)
        assert heard == b"\x8a\x7d" + b"x" * 125 + heard[127:]
        assert len(heard) % 127 == 6
    assert not means.backlog.bytes


async def test_many_frames_are_handled_in_steps_and_in_order() -> None:
    means = Means()
    with opened(means) as (ws, owner, _):
        count = 5 * TURN_FRAMES + 1
        ws.received(b"".join(frame(TEXT, b"%d" % n) for n in range(count)))
        assert len(owner.came) == TURN_FRAMES
        assert ws.watched == 0, "the kernel keeps what comes meanwhile"
        ws.read(False)
        later = Later()
        means.work_queue.wake(later)
        await later.stepped.wait()
        assert len(owner.came) == TURN_FRAMES, "nor are more heard, if the owner wants none"
        ws.read(True)
        while ws.watched == 0:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert owner.came == [str(n) for n in range(count)]
        assert not means.backlog.bytes


@pytest.mark.parametrize("opcode", [0, PING, PONG])
async def test_too_many_idle_frames_end_the_websocket(opcode: int) -> None:
    with opened(Means()) as (ws, owner, _):
        ws.received(frame(TEXT, b"", fin=False))
        for n in range(LIMIT):
            ws.received(frame(opcode, b"", fin=opcode != 0))
            assert bool(owner.came) == (n + 1 >= LIMIT)
        assert "ask for nothing" in str(owner.came)


async def test_messages_that_are_too_large_are_reported() -> None:
    means = Means()
    with opened(means) as (ws, owner, _):
        size = means.sizes.packet_bytes + 1
        ws.received(frame(TEXT, b"42[" + "ü".encode() * size) + frame(BINARY, b"x" * size))
        ws.received(frame(TEXT, b"x"))
        assert owner.came == ["42[" + "ü" * 30, None, "x"]
        assert isinstance(owner.came[0], Head)


async def test_unfinished_frames_of_all_browsers_are_bounded_together() -> None:
    means = Means(backlog_bytes=10_000)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(opened(means)) for _ in range(4)]
        for ws, _, _ in sockets[:3]:
            ws.received(frame(TEXT, b"x" * 4000)[:-1])
        assert means.backlog.bytes <= 10_000
        assert [bool(owner.came) for _, owner, _ in sockets] == [True, False, False, False]
        for ws, _, _ in sockets[1:3]:
            ws.received(b"x")
        assert [len(owner.came) for _, owner, _ in sockets] == [1, 1, 1, 0]
    assert not means.backlog.bytes
