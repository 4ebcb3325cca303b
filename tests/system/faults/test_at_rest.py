"""A million rooms, identities and message ids at rest take space on disk, and no memory."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from broker.store import schema
from tests.support.system import System
from tests.system.memory import memory_mib

MILLION = 1_000_000
MOST_MIB = 200
START_S = 10.0
"""`seconds`, on a busy machine."""
NUMBERS = f"""
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {MILLION})
"""
ROWS = (
    "INSERT INTO rooms SELECT format('room-%07d', n), 'public', '' FROM numbers",
    "INSERT INTO events SELECT n, format('room-%07d', n), 1, 'message', format('uid-%07d', n),"
    " {now}, 0, 0, format('user-%07d', n), format('id-%07d', n), 'at rest' FROM numbers",
    "INSERT OR IGNORE INTO said SELECT random(), n FROM numbers",
    "INSERT INTO identities SELECT format('uid-%07d', n), format('user-%07d', n),"
    " format('user-%07d', n), 0, 0, 1.5 FROM numbers",
)


def fill(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        schema.prepare(store)
        schema.make(store)
        store.execute("PRAGMA synchronous = OFF")
        for insert in ROWS:
            store.execute(NUMBERS + insert.format(now=time.time()))


@pytest.mark.timeout(120)
async def test_a_million_at_rest_cost_no_memory(tmp_path: Path, visit, name) -> None:
    system = System(tmp_path)
    began = time.monotonic()
    await asyncio.to_thread(fill, tmp_path / "hubbub.db")
    print(f"made in {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    async with system:
        took = time.monotonic() - began
        print(f"started in {took:.2f} s with {memory_mib(system.broker):.0f} MiB")
        assert took < START_S
        ann = await visit(system.url)
        for number in range(7, MILLION, MILLION // 50):
            ack = await ann.join(f"room-{number:07}", user=name("ann"))
            assert ack["seq"] == 2
        # A person at rest is not in the room, and the name is free.
        bob = await visit(system.url, "user-0000007", "room-0000007")
        assert bob.user == "user-0000007"
        assert (await bob.history("room-0000007"))["events"][0]["Text"] == "at rest"
        print(f"after some use {memory_mib(system.broker):.0f} MiB")
        assert memory_mib(system.broker) < MOST_MIB
