"""Cores: where the processes of a measurement run, so that the load does not take a server's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def on_core(number: int, kept: bool = True) -> Iterator[None]:
    """Processes that are started within stay on this core, counted from 0. Nothing is kept anywhere
    with `kept` off, or if this process may not run on so many cores."""
    before = os.sched_getaffinity(0)
    if not kept or number >= len(before):
        yield
        return
    os.sched_setaffinity(0, [sorted(before)[number]])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
