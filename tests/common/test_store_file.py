from pathlib import Path

import pytest

from common.store_file import StoreFileError, check_store, store_path


def test_an_address_names_a_file_or_memory(tmp_path: Path) -> None:
    assert store_path(f"sqlite:{tmp_path}/x.db") == tmp_path.resolve() / "x.db"
    relative = store_path("sqlite:data/x.db")
    assert relative == Path.cwd() / "data" / "x.db"
    assert store_path("memory:") is None
    for address in ("", "x", "sqlite:", "memory", "memory:x", "postgresql://x/y", "sqlite:a\0b"):
        with pytest.raises(StoreFileError, match="HUBBUB_STORE"):
            store_path(address)


def test_a_file_that_is_not_a_store_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with pytest.raises(StoreFileError, match="no such file"):
        check_store(path)
    path.touch()
    with pytest.raises(StoreFileError, match="empty"):
        check_store(path)
    path.write_bytes(b"some other thing" * 100)
    with pytest.raises(StoreFileError, match="not an SQLite"):
        check_store(path)
