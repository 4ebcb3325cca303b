"""broker/store/erasing.py: a deleted text is soon gone from all files of the store."""

import asyncio
import random
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from broker.effects import Append, BlankText, PutRoom, Write
from broker.store import erasing
from broker.store.sqlite import SqliteStore
from common.messages import Event
from tests.system.client import eventually

WALL = 1_800_000_000.0
GONE_S = 5.0
ROOMS = 5


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "SOON_S", 0.1)
    monkeypatch.setattr(erasing, "RETRY_S", 0.1)


async def opened(path: Path) -> SqliteStore:
    store = SqliteStore(path)
    await store.open(WALL, 0.0, 1e9)
    await store.commit([PutRoom(f"r{number}", "public") for number in range(ROOMS)], WALL)
    return store


def words(folder: Path) -> set[bytes]:
    """The texts that are found in a file of the store."""
    return set(re.findall(rb"word\d{6}", b"".join(f.read_bytes() for f in folder.glob("x.db*"))))


async def are_gone(folder: Path, deleted: set[bytes]) -> None:
    async def gone() -> bool:
        return not deleted & words(folder)

    await eventually(gone, "deleted texts are gone from the files", within=GONE_S)


@pytest.mark.parametrize("seed", range(3))
async def test_deleted_texts_are_gone_and_the_others_are_there(tmp_path: Path, seed: int) -> None:
    """The texts have all lengths, so that SQLite splits, merges, chains and frees pages."""
    drawn = random.Random(seed)
    store = await opened(tmp_path / "x.db")
    seqs = [0] * ROOMS
    there: dict[tuple[str, int], bytes] = {}
    deleted: set[bytes] = set()
    for _ in range(150):
        batch: list[Write] = []
        for _ in range(drawn.choice([1, 1, 3, 20])):
            number = drawn.randrange(ROOMS)
            seqs[number] += 1
            word = f"word{len(there) + len(deleted):06d}"
            event = Event(
                seqs[number], "message", "ann", WALL, word * drawn.choice([1, 5, 20, 70, 90, 400])
            )
            batch.append(Append(f"r{number}", event))
            there[f"r{number}", seqs[number]] = word.encode()
        await store.commit(batch, WALL)
        some = drawn.sample(sorted(there), min(len(there) // 3, drawn.choice([0, 1, 2, 10])))
        deleted |= {there.pop(place) for place in some}
        await store.commit([BlankText(room, seq, 9) for room, seq in some], WALL)
    assert len(deleted) > 200
    await are_gone(tmp_path, deleted)
    assert words(tmp_path) == {*there.values()}
    await store.close()
    assert words(tmp_path) == {*there.values()}


async def say_and_delete(store: SqliteStore) -> None:
    await store.commit([Append("r0", Event(1, "message", "a", WALL, "word000001"))], WALL)
    await store.commit([BlankText("r0", 1, 2)], WALL)


async def test_another_reader_delays_erasing_but_no_commit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = await opened(tmp_path / "x.db")
    with closing(sqlite3.connect(tmp_path / "x.db")) as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT count(*) FROM events").fetchone()
        await say_and_delete(store)
        while "another process reads the store" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        began = time.monotonic()
        await store.commit([PutRoom("r9", "public")], WALL)
        assert time.monotonic() - began < 1
        assert words(tmp_path)
    await are_gone(tmp_path, {b"word000001"})
    await store.close()


async def test_deleted_texts_in_the_log_of_a_killed_broker_are_erased_at_the_next_start(
    tmp_path: Path,
) -> None:
    store = await opened(tmp_path / "before.db")
    await say_and_delete(store)
    for side in ("", "-wal"):  # as if the broker had been killed now
        (tmp_path / f"x.db{side}").write_bytes((tmp_path / f"before.db{side}").read_bytes())
        (tmp_path / f"x.db{side}").chmod(0o600)
    assert words(tmp_path)
    await store.close()
    again = SqliteStore(tmp_path / "x.db")
    await again.open(WALL, 0.0, 1e9)
    await are_gone(tmp_path, {b"word000001"})
    await again.close()
