"""The WebSocket of one browser (gateway/websocket.py), on a real socket."""

import asyncio
import socket

from gateway.poller import Poller
from gateway.reader import PING, TEXT
from gateway.websocket import OWED_BYTES, WebSocket
from tests.gateway.test_reader import frame


class Owner:
    """Remembers what came."""

    def __init__(self) -> None:
        self.came: list[str | bytes] = []

    def take_in(self, packets: list[str | bytes]) -> None:
        self.came += packets

    def end(self) -> None:
        self.came.append("the end")

    def refuse(self, why: str) -> None:
        self.came.append(why)


async def test_who_pings_and_does_not_read_is_owed_little() -> None:
    near, other = socket.socketpair()
    near.setblocking(False)
    other.setblocking(False)
    poller = Poller(asyncio.get_running_loop())
    ws, ping = WebSocket(near, poller, 1000), frame(PING, b"x" * 125)
    try:
        ws.owner = owner = Owner()
        ws.read(True)
        for _ in range(50):
            ws.received(ping * 100)
            assert len(ws.unsent) <= OWED_BYTES + len(ping)
        assert len(ws.unsent) > OWED_BYTES / 2
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
    finally:
        ws.abort()
        other.close()
        poller.close()
