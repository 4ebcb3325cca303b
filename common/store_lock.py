"""The lock on a store's file, and a look whether the file at its path is still the locked one.

The lock is on the database file itself: a lock file beside it could be deleted, and a hard link or
a bind mount of the database would have another one. It is a `flock`, which SQLite's own locks
(`fcntl`) do not meet. The kernel drops those when a process closes *any* descriptor of the file,
so nothing here opens the file again: paths are compared by `lstat`.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.store_file import StoreFileError

SIDE_FILES = ("-wal", "-shm")
"""SQLite's write-ahead log and the index of it, beside the database."""
TRIES = 10
"""How often the file may be replaced between opening and locking it."""
_held_here: set[tuple[int, int]] = set()
"""Files that this process has locked: to open and close one again would end SQLite's locks."""


class StoreLock:
    """A store's files as they were when they were opened. Made by `lock_store`."""

    def __init__(self, path: Path, file: os.stat_result) -> None:
        self._path = path
        self._file = _identity(file)
        self.warnings = [*_doubtful_rights(path, file), *_doubtful_names(path, file)]
        """What is not refused and yet should be known, in one line each."""
        self._sides: dict[str, tuple[int, int]] = {}

    def watch_sides(self) -> None:
        """Call it when SQLite has opened its side files. Raises OSError if one is not there."""
        paths = [f"{self._path}{side}" for side in SIDE_FILES]
        self._sides = {path: _identity(os.lstat(path)) for path in paths}

    def file_fault(self) -> str:
        """Why the database at the path is not the one that is locked; empty if it is."""
        if _is_still(self._path, self._file):
            return ""
        return (
            f"{self._path} was moved, deleted or replaced while it was open; put that file back, "
            "or stop the broker and restore a backup"
        )

    def side_fault(self) -> str:
        """Why SQLite's side files are not the ones that are open; empty if they are."""
        for path, identity in self._sides.items():
            if not _is_still(path, identity):
                return f"{path} was moved, deleted or replaced while it was open"
        return ""

    def fault(self) -> str:
        return self.file_fault() or self.side_fault()


@contextmanager
def lock_store(path: Path) -> Iterator[StoreLock]:
    """Keeps everybody else from the store until left: one broker a file, whatever the file is
    called, and no restore under a running one. Makes an empty file if there is none, since only a
    file can be locked. Raises StoreFileError."""
    descriptor = _locked(path)
    file = os.fstat(descriptor)
    _held_here.add(_identity(file))
    try:
        yield StoreLock(path, file)
    finally:
        _held_here.discard(_identity(file))
        os.close(descriptor)


def _locked(path: Path) -> int:
    taken = StoreFileError(f"store {path}: another process has it, stop that first")
    if any(_is_still(path, identity) for identity in _held_here):
        raise taken
    for _ in range(TRIES):
        # What people said in private is nobody else's: SQLite's side files get the same mode.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
        descriptor = os.open(path, flags, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StoreFileError(f"store {path}: this is not a regular file")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, _identity(os.fstat(descriptor))):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise taken from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # a restore has put another file there
    raise StoreFileError(f"store {path}: the file is replaced again and again")


def _doubtful_rights(path: Path, file: os.stat_result) -> Iterator[str]:
    """Refuses what everybody may write."""
    folder = os.stat(path.parent)
    if file.st_mode & stat.S_IWOTH:
        raise StoreFileError(f"store {path}: everybody may write this file; chmod 600 {path}")
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        raise StoreFileError(
            f"store {path}: everybody may replace files in its folder; chmod o-w {path.parent}"
        )
    if folder.st_mode & stat.S_IWOTH:
        yield f"store {path}: its folder is open to everybody; use one of your own"
    elif (file.st_mode | folder.st_mode) & stat.S_IWGRP:
        yield f"store {path}: a group may write the file or its folder; chmod g-w both"
    if file.st_mode & stat.S_IROTH:
        yield f"store {path}: everybody may read it, private rooms too; chmod 600 it"
    for owner in {file.st_uid, folder.st_uid} - {os.geteuid(), 0}:
        yield f"store {path}: the file or its folder belongs to user {owner}, who may write it"


def _doubtful_names(path: Path, file: os.stat_result) -> Iterator[str]:
    """SQLite looks for a database's log under the name that it is opened by: what a killed broker
    had there under another name would be lost."""
    if file.st_nlink == 1:
        return
    for other in path.parent.iterdir():
        left = Path(f"{other}{SIDE_FILES[0]}")
        if other != path and _is_still(other, _identity(file)) and left.exists():
            raise StoreFileError(
                f"store {path}: {other} is the same file and was open last; start with that name"
            )
    yield (
        f"store {path}: the file has {file.st_nlink} names (hard links); delete the others, or a "
        "broker that was killed under one name loses lines when it starts under another"
    )


def _identity(file: os.stat_result) -> tuple[int, int]:
    return file.st_dev, file.st_ino


def _is_still(path: str | Path, identity: tuple[int, int]) -> bool:
    try:
        return _identity(os.lstat(path)) == identity
    except OSError:
        return False
