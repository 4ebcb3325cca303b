"""The store's file: its path, and the checks that it is a store of Hubbub."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

APPLICATION_ID = 0x48554242  # "HUBB"
SCHEMA_VERSION = 4


class StoreFileError(Exception):
    """The file cannot be used. The message says why and what to do, in one line."""


def store_path(store: str) -> Path | None:
    """The path of the file that HUBBUB_STORE names; None for `memory:`. Raises StoreFileError."""
    kind, colon, path = store.partition(":")
    if colon and kind == "sqlite" and path and "\0" not in path:
        # Follows links, so that all names of a file give one path, and one lock.
        return Path(os.path.realpath(path))
    if store == "memory:":
        return None
    raise StoreFileError(f"store {store!r}: HUBBUB_STORE is sqlite:PATH or memory:")


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can neither write nor make checkpoints. (SQLite before 3.51.3 can corrupt a
    file if two connections make checkpoints at once.)"""
    return sqlite3.connect(
        f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )


def is_empty(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has no tables yet. Raises StoreFileError if it is neither empty nor a store
    of this or an older version."""
    try:
        application, version, tables = connection.execute(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)"
            " FROM pragma_application_id, pragma_user_version"
        ).fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise StoreFileError(f"store {path}: this is not an SQLite database") from None
        raise StoreFileError(f"store {path}: cannot be read: {error}") from None
    if (application, version, tables) == (0, 0, 0):
        return True
    if application != APPLICATION_ID:
        raise StoreFileError(f"store {path}: this database belongs to another program")
    if not 1 <= version <= SCHEMA_VERSION:
        raise StoreFileError(
            f"store {path}: it has version {version}, this hubbub reads 1 to {SCHEMA_VERSION}"
        )
    return False


def check_store(path: Path) -> None:
    """Raises StoreFileError unless the file exists and is a store that a broker can open."""
    if not path.is_file():
        raise StoreFileError(f"store {path}: there is no such file")
    try:
        with closing(open_reader(path)) as connection:
            if is_empty(connection, path):
                raise StoreFileError(f"store {path}: this file is empty")
    except sqlite3.Error as error:
        raise StoreFileError(f"store {path}: cannot be opened: {error}") from None


def sync_folder(folder: Path) -> None:
    """Syncs a folder, so that new names of files in it survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
