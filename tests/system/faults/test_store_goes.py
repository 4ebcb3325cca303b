"""The store's files are moved, deleted or replaced under a running broker: nothing more is acked
until they are back, `/readyz` says why, and what was acked is there."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from scripts.processes import free_port
from scripts.soak.visitors import loading
from tests.support.system import Process, System
from tests.system.client import refusal
from tests.system.faults.test_power_cut import missing

NOTICED_S = 2.0
"""The broker looks four times a second; the machine is busy."""


def move(folder: Path) -> None:
    """As somebody who makes place does."""
    (folder / "away").mkdir()
    for file in sorted(folder.glob("hubbub.db*")):
        file.rename(folder / "away" / file.name)


def bring_back(folder: Path) -> None:
    for file in sorted((folder / "away").iterdir()):
        file.replace(folder / file.name)


def replace(folder: Path) -> None:
    move(folder)
    shutil.copy(folder / "away" / "hubbub.db", folder)


def rename_the_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))


def name_the_folder_back(folder: Path) -> None:
    folder.with_name("elsewhere").rename(folder)


def house_in(tmp_path: Path) -> tuple[System, Path]:
    """A system whose store is in a folder of its own."""
    (folder := tmp_path / "data").mkdir(mode=0o700)
    return System(tmp_path, HUBBUB_STORE=f"sqlite:{folder}/hubbub.db"), folder


@pytest.mark.parametrize(
    ("go", "come"),
    [
        (move, bring_back),
        (replace, bring_back),
        (rename_the_folder, name_the_folder_back),
    ],
)
async def test_a_quiet_broker_says_so_and_goes_on_when_the_store_is_back(
    tmp_path: Path,
    visit,
    name,
    room,
    go: Callable[[Path], None],
    come: Callable[[Path], None],
) -> None:
    system, folder = house_in(tmp_path)
    async with system:
        ann = await visit(system.url, name("ann"), room)
        await ann.say(room, "before")
        go(folder)
        # It says so at once, before anybody has said a word.
        status, why = await asyncio.to_thread(system.broker.get, "/readyz")
        assert (status, str(folder / "hubbub.db") in why) == (503, True)
        lost = {"room": room, "message": "into the void", "id": "lost"}
        assert refusal(await ann.ask("chat", lost, within=20)) == "unavailable"
        # What can be read is served.
        texts = [e["Text"] for e in (await ann.history(room))["events"]]
        assert "before" in texts
        assert "into the void" not in texts
        come(folder)
        await asyncio.to_thread(system.broker.wait_ready)
        await ann.say(room, "after")
    with closing(sqlite3.connect(folder / "hubbub.db")) as store:
        said = store.execute("SELECT text FROM events WHERE kind = 'message'").fetchall()
    assert {"before", "after"} <= {text for (text,) in said}


@pytest.mark.timeout(120)
async def test_under_load_nothing_is_acked_that_is_not_in_the_store(tmp_path: Path) -> None:
    system, folder = house_in(tmp_path)
    async with system, loading(system.urls, "gone", rooms=1) as load:
        await load.until_acked(100, 30)
        for side in ("-wal", "-shm"):
            # SQLite's log is deleted: the broker writes it into the database, and begins a new one.
            (folder / f"hubbub.db{side}").unlink()
            await load.until_acked(100, 30)
        move(folder)
        await asyncio.to_thread(system.broker.wait_ready, 503)
        acks = [ack for visitor in load.visitors for ack in visitor.acks]
        assert missing(folder / "away" / "hubbub.db", acks) == []
        bring_back(folder)
        await load.until_acked(100, 30)
        system.broker.kill()
        await asyncio.to_thread(system.broker.start)
        await load.until_acked(50, 30)
        verdict = await load.finish(30)
        assert verdict.problems == []
        assert "Traceback" not in system.broker.log


async def test_nothing_is_lost_if_the_log_of_a_quiet_broker_is_deleted_and_it_is_killed(
    tmp_path: Path, visit, name, room
) -> None:
    system, folder = house_in(tmp_path)
    async with system:
        ann = await visit(system.url, name("ann"), room)
        said = await ann.say(room, "only in the log")
        (folder / "hubbub.db-wal").unlink()
        await asyncio.to_thread(system.broker.wait_ready, 503)
        await asyncio.to_thread(system.broker.wait_ready)
        system.broker.kill()
        with closing(sqlite3.connect(folder / "hubbub.db")) as store:
            (text,) = store.execute("SELECT text FROM events WHERE seq = ?", (said["seq"],))
        assert text == ("only in the log",)
        system.broker.start()


@pytest.mark.parametrize("way", ["the lock file is deleted", "a hard link", "a symbolic link"])
async def test_a_second_broker_never_has_the_store(tmp_path: Path, way: str) -> None:
    system, folder = house_in(tmp_path)
    async with system:
        for file in folder.glob("*.lock"):
            file.unlink()
        path = folder / "hubbub.db"
        if way == "a hard link":
            (path := tmp_path / "other.db").hardlink_to(folder / "hubbub.db")
        elif way == "a symbolic link":
            (path := tmp_path / "other.db").symlink_to(folder / "hubbub.db")
        second = Process(
            "broker",
            "second",
            tmp_path,
            f"127.0.0.1:{free_port()}",
            {
                "HUBBUB_STORE": f"sqlite:{path}",
                "HUBBUB_BIND": f"tcp://127.0.0.1:{free_port()}",
                "HUBBUB_EVENTS_BIND": f"tcp://127.0.0.1:{free_port()}",
                "HUBBUB_BROKER_HTTP": "",
            },
        )
        second.start(ready=False)
        try:
            assert await asyncio.to_thread(second.wait_end, 10) == 1
            assert "another process has it" in second.log
        finally:
            second.kill()
