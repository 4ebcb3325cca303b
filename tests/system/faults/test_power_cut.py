"""A power cut: every write after the last sync is gone. SIGKILL cannot show it, the kernel keeps
what was written. What was acked must be there; with less than synchronous=FULL it is not."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from scripts.soak.checker import Ack
from scripts.soak.visitors import loading
from tests.support.system import System
from tests.system.faults.shims import compiled

SOURCE = Path(__file__).with_name("synced.c")
CUTS = 3
CLOSED_WITH_A_CHECKPOINT = 1200
"""After so many acks the write-ahead log has been copied into the database and begun again."""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that keeps what was synced."""
    return compiled(SOURCE, tmp_path_factory.mktemp("shim"))


def house_with(shim: Path, folder: Path, synced: Path) -> System:
    synced.mkdir()
    system = System(folder)
    system.broker.settings |= {"LD_PRELOAD": str(shim), "SYNCED": str(synced)}
    return system


def cut(system: System, synced: Path) -> None:
    """Makes the store what was synced of it, as after a power cut."""
    system.broker.kill()
    for file in system.folder.glob("hubbub.db*"):
        file.unlink()
    for file in synced.iterdir():
        shutil.copy(file, system.folder)


def missing(store: Path, acks: list[Ack]) -> list[Ack]:
    """The messages that were acked and are not in the store."""
    with closing(sqlite3.connect(store)) as reader:
        kept = {
            Ack(*row)
            for row in reader.execute("SELECT uid, id, text, seq FROM events WHERE kind='message'")
        }
    return [ack for ack in acks if ack not in kept]


@pytest.mark.timeout(120)
async def test_acked_messages_outlive_a_power_cut(shim: Path, tmp_path: Path) -> None:
    synced = tmp_path / "synced"
    async with (
        house_with(shim, tmp_path, synced) as system,
        loading(system.urls, "cut", writers=6, listeners=0, rooms=1) as load,
    ):
        await load.until_acked(CLOSED_WITH_A_CHECKPOINT, 60)
        for _ in range(CUTS):
            await load.until_acked(50, 30)
            await asyncio.to_thread(cut, system, synced)
            await asyncio.to_thread(system.broker.start)
        await load.until_acked(50, 30)
        verdict = await load.finish(30)
        print(verdict)
        assert verdict.problems == []


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
async def test_the_power_cut_shows_a_weaker_sync(
    shim: Path, tmp_path: Path, synchronous: str
) -> None:
    """Otherwise the test above would prove nothing."""
    synced = tmp_path / "synced"
    system = house_with(shim, tmp_path, synced)
    system.broker.settings["WEAK_SYNC"] = synchronous
    system.broker.module = "tests.system.faults.weak_broker"
    async with system, loading(system.urls, "cut", rooms=1) as load:
        await load.until_acked(50, 30)
        system.broker.kill()
        acks = [ack for visitor in load.visitors for ack in visitor.acks]
        cut(system, synced)
        with pytest.raises(AssertionError):
            assert_kept(tmp_path / "hubbub.db", acks)
        system.kill()


def assert_kept(store: Path, acks: list[Ack]) -> None:
    try:
        assert missing(store, acks) == []
    except sqlite3.Error as error:
        raise AssertionError(f"no store: {error}") from error
