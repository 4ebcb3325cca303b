"""The lock on a store's file, and the check that the file at its path is still the locked one.

The lock is on the database file itself: a lock file beside it could be deleted, and a hard link or
a bind mount of the database would have another lock file. The lock is a `flock`, which is
independent of SQLite's own locks (`fcntl`). The kernel drops SQLite's locks when a process closes
*any* descriptor of the file, so this module never opens the file again: it uses `lstat`.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from common.store_file import StoreFileError

SIDE_FILES = ("-wal", "-shm")
"""Suffixes of SQLite's write-ahead log and of the log's index, beside the database."""
TRIES = 10
"""Attempts to lock the file, which may be replaced between opening and locking it."""
_held_here: set[tuple[int, int]] = set()
"""The files that this process has locked. Opening and closing one again would end SQLite's
locks."""


class StoreLock:
    """The identities of a store's files when they were opened. `lock_store` makes it."""

    def __init__(self, path: Path, file: os.stat_result) -> None:
        self._path = path
        self._file = _identity(file)
        self.warnings = [*_doubtful_rights(path, file), *_doubtful_names(path, file)]
        """Doubts about the file that operators should know, in one line each."""
        self._sides: dict[str, tuple[int, int]] = {}

    def watch_sides(self) -> None:
        """Remembers the side files. Call it when SQLite has opened them. Raises OSError if one is
        missing."""
        paths = [f"{self._path}{side}" for side in SIDE_FILES]
        self._sides = {path: _identity(os.lstat(path)) for path in paths}

    def file_fault(self) -> str:
        """Why the file at the path is not the locked database; empty if it is."""
        if _is_still(self._path, self._file):
            return ""
        return (
            f"{self._path} was moved, deleted or replaced while it was open; put that file back, "
            "or stop the broker and restore a backup"
        )

    def side_fault(self) -> str:
        """Why the side files are not those that SQLite has open; empty if they are."""
        for path, identity in self._sides.items():
            if not _is_still(path, identity):
                return f"{path} was moved, deleted or replaced while it was open"
        return ""

    def fault(self) -> str:
        return self.file_fault() or self.side_fault()


@contextmanager
def lock_store(path: Path) -> Iterator[StoreLock]:
    """Locks the store inside the block: a file has one broker at most, under whatever name, and is
    not restored while a broker runs. Makes an empty file if there is none, because only a file can
    be locked. Raises StoreFileError."""
    descriptor = _open_locked(path)
    file = os.fstat(descriptor)
    _held_here.add(_identity(file))
    try:
        yield StoreLock(path, file)
    finally:
        _held_here.discard(_identity(file))
        os.close(descriptor)


def _open_locked(path: Path) -> int:
    """Returns a descriptor of the file, locked. Raises StoreFileError or OSError."""
    in_use = StoreFileError(f"store {path}: another process has it, stop that first")
    if any(_is_still(path, identity) for identity in _held_here):
        raise in_use
    for _ in range(TRIES):
        # Only this user may read private messages. SQLite's side files get the same mode.
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
            raise in_use from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # a restore has put another file at the path
    raise StoreFileError(f"store {path}: the file is replaced again and again")


def _doubtful_rights(path: Path, file: os.stat_result) -> Iterator[str]:
    """Yields a warning for each doubtful permission. Raises StoreFileError if everybody may
    write."""
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
    """Yields a warning if the file has several names, and raises StoreFileError if it was last open
    under another name. SQLite looks for the log beside the name that it opens, so it would miss the
    log that a killed broker left beside another name."""
    if file.st_nlink == 1:
        return
    for other in path.parent.iterdir():
        other_log = Path(f"{other}{SIDE_FILES[0]}")
        if other != path and _is_still(other, _identity(file)) and other_log.exists():
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
