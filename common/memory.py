"""The memory of this process."""

import ctypes
from contextlib import suppress


def trim_memory() -> None:
    """Gives memory that was freed back to the system, which glibc does not do by itself. With
    another C library this does nothing."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
