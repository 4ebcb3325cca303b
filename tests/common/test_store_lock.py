"""common/store_lock.py: one process at a time has a store, under whatever name."""

import fcntl
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from common.store_file import StoreFileError, store_path
from common.store_lock import lock_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir(mode=0o700)
    return tmp_path / "data" / "x.db"


def is_locked(path: Path) -> bool:
    """Whether another process can lock the file."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def test_one_process_at_a_time_locks_a_store(path: Path) -> None:
    with lock_store(path):
        assert is_locked(path)
        with pytest.raises(StoreFileError, match="another process"), lock_store(path):
            pass
    assert not is_locked(path)
    with lock_store(path):
        assert {file.name for file in path.parent.iterdir()} == {"x.db"}
        assert path.stat().st_mode & 0o777 == 0o600


def hard_link(path: Path) -> Path:
    (other := path.with_name("other.db")).hardlink_to(path)
    return other


def symlink(path: Path) -> Path:
    (other := path.with_name("other.db")).symlink_to(path)
    return other


def link_to_the_folder(path: Path) -> Path:
    (folder := path.parent.with_name("elsewhere")).symlink_to(path.parent)
    return folder / path.name


@pytest.mark.parametrize("name", [hard_link, symlink, link_to_the_folder])
def test_another_name_of_the_file_is_the_same_store(
    path: Path, name: Callable[[Path], Path]
) -> None:
    with lock_store(path):
        other = store_path(f"sqlite:{name(path)}")
        assert other is not None
        assert is_locked(other)
        with pytest.raises(StoreFileError, match="another process"), lock_store(other):
            pass


def test_a_refused_lock_does_not_end_sqlites_locks(path: Path) -> None:
    """The kernel drops a process's `fcntl` locks when it closes any descriptor of the file."""
    with lock_store(path), closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFileError), lock_store(path):
            pass
        pid = os.fork()
        if pid == 0:  # another process, which the locks keep out
            try:
                with closing(sqlite3.connect(path, timeout=0)) as other:
                    other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def test_a_file_that_is_replaced_before_it_is_locked_is_locked_in_its_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.touch()
    flock = fcntl.flock
    replaced: list[Path] = []

    def flock_late(descriptor: int, how: int) -> None:
        if not replaced:
            replaced.append(path.with_name("new.db"))
            replaced[0].touch()
            os.replace(replaced[0], path)
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock_late)
    with lock_store(path) as lock:
        assert lock.fault() == ""
        assert is_locked(path)


@pytest.mark.parametrize("way", ["moved", "deleted", "replaced", "linked"])
@pytest.mark.parametrize("file", ["x.db", "x.db-wal", "x.db-shm"])
def test_a_file_that_is_no_longer_the_open_one_is_reported(path: Path, file: str, way: str) -> None:
    with lock_store(path) as lock:
        for side in ("-wal", "-shm"):
            Path(f"{path}{side}").touch()
        lock.watch_sides()
        assert lock.fault() == ""
        there, away = path.with_name(file), path.with_name("away")
        there.rename(away)
        if way == "deleted":
            away.unlink()
        elif way == "replaced":
            there.touch()
        elif way == "linked":
            there.symlink_to(away)
        assert str(there) in lock.fault()
        assert (lock.file_fault() != "") == (file == "x.db")
        if away.exists():
            away.replace(there)
            assert lock.fault() == ""


def test_a_folder_that_is_renamed_and_comes_back(path: Path) -> None:
    with lock_store(path) as lock:
        away = path.parent.rename(path.parent.with_name("away"))
        assert "moved, deleted or replaced" in lock.fault()
        away.rename(path.parent)
        assert lock.fault() == ""


@pytest.mark.parametrize(("file", "folder"), [(0o666, 0o700), (0o602, 0o700), (0o600, 0o777)])
def test_a_store_that_everybody_may_write_is_refused(path: Path, file: int, folder: int) -> None:
    path.touch()
    path.chmod(file)
    path.parent.chmod(folder)
    with pytest.raises(StoreFileError, match="chmod"), lock_store(path):
        pass
    path.chmod(0o600)
    path.parent.chmod(0o700)
    with lock_store(path):
        pass


@pytest.mark.parametrize(
    ("file", "folder", "warning"),
    [
        (0o660, 0o700, "a group may write"),
        (0o600, 0o770, "a group may write"),
        (0o644, 0o755, "everybody may read"),
        (0o600, 0o1777, "open to everybody"),
        (0o600, 0o755, ""),
        (0o640, 0o750, ""),
    ],
)
def test_doubtful_permissions_are_warned_of(
    path: Path, file: int, folder: int, warning: str
) -> None:
    path.touch()
    path.chmod(file)
    path.parent.chmod(folder)
    with lock_store(path) as lock:
        assert len(lock.warnings) == bool(warning)
        assert warning in "".join(lock.warnings)


def test_a_second_name_is_warned_of_and_refused_if_the_log_is_under_it(path: Path) -> None:
    path.touch(mode=0o600)
    other = hard_link(path)
    with lock_store(path) as lock:
        assert "2 names (hard links)" in lock.warnings[0]
    Path(f"{other}-wal").touch()
    with pytest.raises(StoreFileError, match=r"other\.db is the same file"), lock_store(path):
        pass
    with lock_store(other):
        pass


def test_a_path_that_is_not_a_regular_file_is_refused(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(StoreFileError, match="regular file"), lock_store(path):
        pass
