"""Deleted is gone: from the ack on for everybody, and 5 s later from all files of the system."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from scripts.soak.visitors import loading
from tests.support.system import System
from tests.system.client import eventually
from tests.system.test_care import script

GONE_S = 5.0
WORD = "xylophone-1a2b3c"
TEXTS = (WORD, WORD * 200, f"{'x' * 1200}{WORD}{'y' * 1200}")
"""A text that fits into a row, one of a chain of pages, and one in the middle of a page."""


def where(folder: Path) -> list[str]:
    """The files of the system, logs among them, that contain the word."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if WORD.encode() in file.read_bytes()]


@pytest.mark.parametrize("how", ["quiet", "busy", "killed"])
async def test_a_deleted_text_is_in_no_file_and_told_to_nobody(
    tmp_path: Path, visit, name, room, how: str
) -> None:
    async with AsyncExitStack() as stack:
        system = await stack.enter_async_context(System(tmp_path, gateways=2))
        if how == "busy":
            load = await stack.enter_async_context(loading(system.urls, "busy", writers=4))
        ann = await visit(system.url)
        epoch = (await ann.join(room, user=name("ann")))["epoch"]
        bob = await visit(system.urls[1], name("bob"), room)
        said = [await ann.say(room, text, id=f"i{n}") for n, text in enumerate(TEXTS)]
        assert where(tmp_path)
        for ack in said:
            done = await script(system, "delete", room, str(ack["seq"]))
            assert done.returncode == 0, done.stderr
        deleted = time.monotonic()
        if how == "killed":
            system.broker.kill()
            await asyncio.to_thread(system.broker.start)

        async def gone() -> bool:
            return not await asyncio.to_thread(where, tmp_path)

        # It is gone from the history, the replay, the missed events and the answer to a retry.
        for person in (ann, bob):
            assert WORD not in str(await person.history(room))
        for url in system.urls:
            new, back = await visit(url, name("new"), room), await visit(url)
            since = {"Epoch": epoch, "Seq": said[0]["seq"] - 1}
            await back.join(room, user=name("back"), since=since)
            for person in (new, back):
                await person.is_up_to_date()
                assert WORD not in str(person.heard)
        assert (await ann.say(room, TEXTS[0], id="i0"))["seq"] == said[0]["seq"]
        await eventually(gone, f"gone from {where(tmp_path)}", within=GONE_S)
        assert time.monotonic() - deleted < GONE_S + 3  # the machine is busy with other tests, too
        if how == "busy":
            verdict = await load.finish(30)
            assert verdict.problems == []
