"""A store whose files are moved: commits that may be lost are not acked, committed ones are
kept."""

import asyncio
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from broker.effects import PutRoom
from broker.store.base import CommitRefused, CommitUnknown
from broker.store.sqlite import SqliteStore

WALL = 1_800_000_000.0


async def opened(path: Path) -> SqliteStore:
    store = SqliteStore(path)
    await store.open(WALL, 0.0, 1e9)
    await store.commit([PutRoom("before", "public")], WALL)
    return store


def rooms(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as reader:
        return {room for (room,) in reader.execute("SELECT room FROM rooms")}


async def test_a_commit_to_a_moved_file_is_refused(tmp_path: Path) -> None:
    path, away = tmp_path / "x.db", tmp_path / "away.db"
    store = await opened(path)
    path.rename(away)
    assert str(path) in store.fault()
    for write in (store.commit([PutRoom("lost", "public")], WALL), store.probe()):
        with pytest.raises(CommitRefused, match=r"moved, deleted or replaced"):
            await write
    away.rename(path)
    await store.probe()
    await store.commit([PutRoom("after", "public")], WALL)
    await store.close()
    assert rooms(path) == {"before", "after"}


async def test_a_commit_that_was_under_way_is_not_acked(tmp_path: Path) -> None:
    path, away = tmp_path / "x.db", tmp_path / "away.db"
    store = await opened(path)
    begun = threading.Event()
    moved = store._writing.do(lambda: begun.wait(10) and path.rename(away))
    asyncio.get_running_loop().call_soon(begun.set)  # once the commit waits for its turn
    with pytest.raises(CommitUnknown):
        await store.commit([PutRoom("unknown", "public")], WALL)
    await moved
    away.rename(path)
    await store.close()


@pytest.mark.parametrize("side", ["-wal", "-shm"])
async def test_a_lost_log_is_replaced_and_its_content_kept(tmp_path: Path, side: str) -> None:
    path = tmp_path / "x.db"
    store = await opened(path)
    os.unlink(f"{path}{side}")
    with pytest.raises(CommitRefused):
        await store.commit([PutRoom("lost", "public")], WALL)
    await store.probe()
    assert store.fault() == ""
    await store.commit([PutRoom("after", "public")], WALL)
    page = await store.page("before", None, 0, 1)
    assert page.head == 0
    assert rooms(path) == {"before", "after"}
    await store.close()


async def test_a_lost_log_is_not_replaced_while_another_process_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    store = await opened(path)
    store._files.writer.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(path)) as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT * FROM rooms").fetchone()
        os.unlink(f"{path}-wal")
        with pytest.raises(CommitRefused, match="still reads"):
            await store.probe()
    await store.probe()
    await store.commit([PutRoom("after", "public")], WALL)
    await store.close()
    assert rooms(path) == {"before", "after"}
