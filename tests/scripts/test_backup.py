from pathlib import Path

import pytest

from scripts.backup import main
from tests.scripts.stores import fill, open_store, say, texts


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUBBUB_STORE", f"sqlite:{tmp_path}/hubbub.db")
    return tmp_path / "hubbub.db"


async def test_a_running_store_is_copied_as_it_is_at_one_moment(path: Path) -> None:
    store = await open_store(path)
    await fill(store)
    await say(store, 1)
    target = path.with_name("backup.db")
    assert main([str(target)]) == 0
    await say(store, 2)
    await store.close()
    assert sorted(one.name for one in path.parent.iterdir()) == ["backup.db", "hubbub.db"]
    copied = await open_store(target)
    assert await texts(copied) == ["t1"]
    await copied.close()


async def test_a_stopped_store_is_copied_too(path: Path) -> None:
    store = await open_store(path)
    await fill(store)
    await say(store, 1)
    await store.close()
    assert main([str(path.with_name("backup.db"))]) == 0
    assert path.with_name("backup.db").stat().st_mode & 0o777 == 0o600


async def test_nothing_is_overwritten(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = await open_store(path)
    target = path.with_name("backup.db")
    target.write_text("precious")
    assert main([str(target)]) == 1
    assert "already" in capsys.readouterr().err
    assert target.read_text() == "precious"
    await store.close()


def test_a_store_that_cannot_be_copied_is_one_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(path.with_name("backup.db"))
    assert main([target]) == 1
    path.write_text("no store")
    assert main([target]) == 1
    monkeypatch.setenv("HUBBUB_STORE", "memory:")
    assert main([target]) == 1
    assert capsys.readouterr().err.count("\n") == 3


async def test_a_folder_that_is_not_there_is_one_line(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = await open_store(path)
    assert main([str(path.parent / "none" / "backup.db")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    await store.close()
