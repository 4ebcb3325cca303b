"""The loop of tests whose Hubbub runs in other processes."""

import asyncio

import pytest


@pytest.fixture(autouse=True)
async def without_debug() -> None:
    """asyncio's debug mode watches our own code, of which none is in the loop of these tests. The
    call stacks that it keeps would cost their clients more than half of the time."""
    asyncio.get_running_loop().set_debug(False)
