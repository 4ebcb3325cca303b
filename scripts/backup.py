"""`python -m scripts.backup FILE`: copies the store, of a running broker as well, to a new file."""

import argparse
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from common.settings import SettingsError, read_settings
from common.store_file import StoreFileError, check_store, open_reader, store_path, sync_folder
from scripts import cli


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 0 only if the copy is complete and on disk."""
    parser = argparse.ArgumentParser(prog="python -m scripts.backup", description=__doc__)
    parser.add_argument("file", metavar="FILE", type=Path, help="the copy; must not exist")
    target: Path = parser.parse_args(arguments).file
    try:
        source = store_path(read_settings().store)
        if source is None:
            raise StoreFileError("store memory: there is nothing to copy")
        check_store(source)
        back_up(source, target)
    except (SettingsError, StoreFileError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{target}: {target.stat().st_size} bytes, a copy of {source}")
    return 0


def back_up(source: Path, target: Path) -> None:
    """Raises StoreFileError; then `target` is as it was before."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if target.exists():
            raise StoreFileError(f"{target} is there already; name another file")
        copy(source, part)
        try:
            os.link(part, target)  # unlike a rename, it replaces no file
        except FileExistsError:
            raise StoreFileError(f"{target} is there already; name another file") from None
        sync_folder(target.absolute().parent)
    except (OSError, sqlite3.Error) as error:
        raise StoreFileError(f"{target}: cannot be written: {error}") from None
    finally:
        part.unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """Copies the source as it is at one moment. Its writer is not held up."""
    target.touch(mode=0o600, exist_ok=False)
    with closing(open_reader(source)) as old, closing(sqlite3.connect(target)) as new:
        new.execute("PRAGMA synchronous = FULL")
        old.backup(new)
        # One file without a WAL: the broker turns it to WAL mode again.
        new.execute("PRAGMA journal_mode = DELETE")


if __name__ == "__main__":
    cli.end(main)
