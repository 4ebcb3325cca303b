"""common/memory.py: memory that was freed goes back to the system."""

import ctypes
from pathlib import Path

import pytest

from common.memory import trim_memory


def own_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20)


def test_freed_memory_goes_back() -> None:
    """Small pieces are freed behind one that stays, where glibc keeps them."""
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("this C library has no malloc_trim")
    pieces = [bytes(50_000) for _ in range(1_000)]
    kept = bytes(50_000)
    full = own_mib()
    del pieces
    trim_memory()
    assert own_mib() < full - 30
    assert len(kept) == 50_000
