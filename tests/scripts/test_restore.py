import os
from pathlib import Path

import pytest

from broker.effects import NeedIdentity, NeedSaid, SaidFact
from broker.store.sqlite import SqliteStore
from scripts import backup
from scripts.restore import main
from tests.scripts.stores import WALL, fill, open_store, say, texts


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUBBUB_STORE", f"sqlite:{tmp_path}/hubbub.db")
    return tmp_path / "hubbub.db"


@pytest.fixture
async def copy(path: Path) -> Path:
    """A backup of a store with one message. The store has a second message, and is closed."""
    target = path.with_name("backup.db")
    store = await open_store(path)
    await fill(store)
    await say(store, 1)
    assert backup.main([str(target)]) == 0
    await say(store, 2)
    await store.close()
    return target


async def test_the_restored_store_has_a_new_epoch_and_nobody_in_it(
    path: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = SqliteStore(path)
    before = await store.open(WALL + 1, 0.0, 1000.0)
    await store.close()
    assert main([str(copy)]) == 0
    store = SqliteStore(path)
    after = await store.open(5.0, 0.0, 1000.0)
    assert after.epoch != before.epoch
    assert after.term > before.term
    assert after.secret == before.secret
    assert after.sessions == []
    assert await texts(store) == ["t1"]
    person, said = await store.learn([NeedIdentity("u1"), NeedSaid("lobby", "u1", "i1")])
    assert person is not None
    assert person.seen > 0  # type: ignore[union-attr]
    assert said == SaidFact(1, WALL)
    await store.close()
    kept = next(path.parent.glob("hubbub.db.before-*"))
    assert str(kept) in capsys.readouterr().out
    old = await open_store(kept)
    assert await texts(old) == ["t1", "t2"]
    await old.close()


async def test_it_is_refused_under_a_running_broker(
    path: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await open_store(path)
    assert main([str(copy)]) == 1
    assert "stop that first" in capsys.readouterr().err
    await say(store, 3)
    assert await texts(store) == ["t1", "t2", "t3"]
    await store.close()


async def test_a_broken_store_is_kept_as_it_is(path: Path, copy: Path) -> None:
    broken = b"broken beyond repair" * 100
    for name, content in (("hubbub.db", broken), ("hubbub.db-wal", b"rest")):
        replace(path.with_name(name), content)
    assert main([str(copy)]) == 0
    kept = [one for one in path.parent.glob("hubbub.db.before-*") if one.suffix != ".db-wal"]
    assert broken in [one.read_bytes() for one in kept]
    store = await open_store(path)
    assert await texts(store) == ["t1"]
    await store.close()


async def test_it_restores_to_an_empty_place(path: Path, copy: Path) -> None:
    os.remove(path)
    assert main([str(copy)]) == 0
    assert not list(path.parent.glob("hubbub.db.before-*"))
    store = await open_store(path)
    assert await texts(store) == ["t1"]
    await store.close()


async def test_a_file_that_is_no_backup_changes_nothing(
    path: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = path.with_name("wrong.db")
    assert main([str(wrong)]) == 1
    wrong.write_text("no backup")
    assert main([str(wrong)]) == 1
    assert capsys.readouterr().err.count("\n") == 2
    store = await open_store(path)
    assert await texts(store) == ["t1", "t2"]
    await store.close()


def replace(path: Path, content: bytes) -> None:
    path.write_bytes(content)
