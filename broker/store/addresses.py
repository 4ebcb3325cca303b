"""The addresses of stores, as HUBBUB_STORE has them."""

from broker.store.base import Store, StoreError
from broker.store.sqlite import SqliteStore
from common.store_file import StoreFileError, store_path


def store_at(address: str) -> Store:
    """The store of this address, yet to be opened. Raises StoreError."""
    try:
        return SqliteStore(store_path(address))
    except StoreFileError as error:
        raise StoreError(str(error)) from None
