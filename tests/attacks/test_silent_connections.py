"""Silent connections to the broker's ports are ended soon, and then keep nobody out."""

import asyncio
import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from common.zmq_sockets import HANDSHAKE_MS
from tests.attacks.unnoticed import nobody_notices
from tests.support.surroundings import run_module
from tests.support.system import System

DESCRIPTORS = 200
SILENT = 190
ENDED_S = HANDSHAKE_MS / 1000 + 8.0


@pytest.mark.parametrize("which", ["HUBBUB_BIND", "HUBBUB_EVENTS_BIND"])
async def test_silent_connections_are_ended_and_scripts_get_in(tmp_path: Path, which: str) -> None:
    system = System(tmp_path)
    system.broker.descriptors = (DESCRIPTORS, DESCRIPTORS)
    url = urlsplit(system.settings[which])
    loop = asyncio.get_running_loop()

    async def is_ended(silent: socket.socket) -> None:
        try:
            while await loop.sock_recv(silent, 100):  # the broker's greeting
                pass
        except ConnectionError:
            pass

    async def attack() -> None:
        with ExitStack() as stack:
            all_silent = [
                stack.enter_context(socket.create_connection((url.hostname, url.port)))
                for _ in range(SILENT)
            ]
            for silent in all_silent:
                silent.setblocking(False)
            async with asyncio.timeout(ENDED_S):
                await asyncio.gather(*map(is_ended, all_silent))
            told = await asyncio.to_thread(
                run_module, "scripts.announce", "here", **system.settings
            )
            assert told.returncode == 0, told.stderr

    async with system:
        await nobody_notices(attack, system)
