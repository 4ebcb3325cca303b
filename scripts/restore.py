"""`python -m scripts.restore FILE`: puts a backup in the place of a stopped broker's store.

The restored store has a new epoch, so that no browser takes its logs for those of the old store.
The old store is kept in the same folder, under another name.
"""

import argparse
import os
import secrets
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from common.settings import SettingsError, read_settings
from common.store_file import StoreFileError, check_store, open_reader, store_path, sync_folder
from common.store_lock import SIDE_FILES, lock_store
from scripts import cli
from scripts.backup import copy


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 0 only if the restored store is in its place."""
    parser = argparse.ArgumentParser(prog="python -m scripts.restore", description=__doc__)
    parser.add_argument("file", metavar="FILE", type=Path, help="a file made by scripts.backup")
    backup: Path = parser.parse_args(arguments).file
    try:
        store = store_path(read_settings().store)
        if store is None:
            raise StoreFileError("store memory: there is no file to restore to")
        kept = restore(backup.absolute(), store, time.time())
    except (SettingsError, StoreFileError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{store}: restored from {backup}")
    if kept is not None:
        print(f"{kept}: the store that was there")
    return 0


def restore(backup: Path, store: Path, wall: float) -> Path | None:
    """Returns the new path of the old store, if there was one. After a StoreFileError nothing has
    changed."""
    check_store(backup)
    part = store.with_name(f"{store.name}.restoring")
    try:
        store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        there_was_one = store.exists()
        with lock_store(store):
            try:
                part.unlink(missing_ok=True)
                copy(backup, part)
                _begin_anew(part, wall, _term(store))
                kept = _keep(store, wall) if there_was_one else None
                os.replace(part, store)
            except BaseException:
                if not there_was_one:
                    store.unlink(missing_ok=True)  # the empty file that was made to be locked
                raise
            sync_folder(store.parent)
            return kept
    except (OSError, sqlite3.Error) as error:
        raise StoreFileError(f"{store}: cannot be restored: {error}") from None
    finally:
        part.unlink(missing_ok=True)


def _term(store: Path) -> int:
    """The last term of the old store, 0 if it cannot be read."""
    try:
        check_store(store)
        with closing(open_reader(store)) as connection:
            return int(connection.execute("SELECT term FROM meta").fetchone()[0])
    except (StoreFileError, sqlite3.Error):
        return 0


def _begin_anew(part: Path, wall: float, last_term: int) -> None:
    with closing(sqlite3.connect(part)) as connection, connection:
        connection.execute("PRAGMA synchronous = FULL")
        # Greater than every term since the backup, which are at least the time in milliseconds.
        connection.execute(
            "UPDATE meta SET epoch = ?, term = max(term, ?, ?)",
            (secrets.token_urlsafe(12), last_term, int(wall * 1000)),
        )
        connection.execute("DELETE FROM sessions")
        connection.execute("DELETE FROM identities WHERE plain AND NOT banned")
        connection.execute("UPDATE identities SET seen = ? WHERE seen = 0", (wall,))


def _keep(store: Path, wall: float) -> Path:
    """Gives the old store a second name. It loses the first one only when the new store takes
    it."""
    try:
        with closing(sqlite3.connect(store)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError:
        pass  # broken, which may be why it is replaced
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(wall))
    kept = store.with_name(f"{store.name}.before-{moment}-{secrets.token_hex(2)}")
    os.link(store, kept)
    for side in SIDE_FILES:
        left = Path(f"{store}{side}")
        if left.exists():
            os.replace(left, f"{kept}{side}")
    return kept


if __name__ == "__main__":
    cli.end(main)
