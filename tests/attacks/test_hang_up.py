"""Peers that flood a port of the broker, with heartbeats in between, and hang up: the broker goes
on."""

import asyncio
import contextlib
import socket
import struct
from urllib.parse import urlsplit

import pytest

from tests.attacks.unnoticed import nobody_notices
from tests.support.system import System

PEERS = 5
GREETING = b"\xff" + bytes(8) + b"\x7f\3\1NULL" + bytes(16 + 1 + 31)
SOCKET_TYPES = {"HUBBUB_BIND": b"DEALER", "HUBBUB_EVENTS_BIND": b"SUB"}


def command(name: bytes, body: bytes) -> bytes:
    """A heartbeat (PING) of ZMTP 3.1."""
    whole = bytes([len(name)]) + name + body
    return b"\4" + bytes([len(whole)]) + whole


def flood_and_hang_up(endpoint: str, kind: bytes) -> None:
    url = urlsplit(endpoint)
    ready = command(b"READY", b"\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind)
    flood = (b"\0\1x" * 20 + command(b"PING", struct.pack(">H", 60))) * 2000
    with socket.create_connection((url.hostname, url.port), timeout=2) as peer:
        with contextlib.suppress(OSError):  # it may be cut off at any time
            peer.sendall(GREETING)
            peer.recv(64, socket.MSG_WAITALL)
            peer.sendall(ready)
            peer.recv(100)
            peer.sendall(flood)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("which", SOCKET_TYPES)
async def test_the_broker_survives_peers_that_hang_up(hubbub: System, which: str) -> None:
    async def attack() -> None:
        for _ in range(PEERS):
            endpoint = hubbub.settings[which]
            await asyncio.to_thread(flood_and_hang_up, endpoint, SOCKET_TYPES[which])

    await nobody_notices(attack, hubbub)
    assert hubbub.broker.running
