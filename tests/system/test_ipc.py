"""Socket files instead of ports: in a folder that others cannot enter, for all kinds of process."""

import asyncio
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.surroundings import run_module
from tests.support.system import System


@pytest.fixture
def run() -> Iterator[Path]:
    """A folder with a short path, since the path of a socket has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="hubbub-") as folder:
        yield Path(folder)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_broker_gateway_and_scripts_meet_at_socket_files(
    tmp_path, run: Path, visit, name, room
) -> None:
    system = System(
        tmp_path,
        HUBBUB_BIND=f"ipc://{run}/commands",
        HUBBUB_EVENTS_BIND=f"ipc://{run}/events",
        HUBBUB_BROKER=f"ipc://{run}/commands",
    )
    async with system:
        ann = await visit(system.url, name("ann"), room)
        await ann.say(room, "from file to file")
        await ann.hears_text("from file to file")
        done = await asyncio.to_thread(
            run_module, "scripts.announce", "hear, hear", **system.settings
        )
        assert done.returncode == 0, done.stderr
        await ann.hears(lambda e: e["EvtType"] == "announce" and e["Text"] == "hear, hear")
        assert [mode(run), mode(run / "commands"), mode(run / "events")] == [0o700, 0o600, 0o600]
        await asyncio.to_thread(system.broker.restart)
        await ann.say(room, "and again")
        await ann.hears_text("and again")
