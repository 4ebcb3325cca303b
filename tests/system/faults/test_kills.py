"""Seeded kills under load: broker, gateway, both. What was acked is there once; nobody sees a hole.

Another seed: HUBBUB_TEST_SEED=7 pytest tests/system/faults/test_kills.py
"""

import asyncio
import os
import statistics
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from common.store_file import open_reader, store_path
from scripts.soak.faults import Toll, inject, schedule
from scripts.soak.visitors import loading
from tests.support.system import System

SEED = int(os.environ.get("HUBBUB_TEST_SEED", "1"))
KILLS = int(os.environ.get("HUBBUB_TEST_KILLS", "50"))
VERDICT_S = 40.0


@pytest.mark.timeout(30 + 4 * KILLS)
async def test_acked_messages_are_kept_whichever_process_is_killed_and_when(tmp_path: Path) -> None:
    toll = Toll()
    async with System(tmp_path, gateways=2) as system:
        async with loading(system.urls, f"seed{SEED}") as load:
            for number, fault in enumerate(schedule(SEED, 2, "kill")):
                print(f"seed {SEED}, fault {number}: {fault}")
                await inject(system, load, fault, toll)
                if toll.kills >= KILLS:
                    break
            verdict = await load.finish(VERDICT_S)
        print(
            f"{verdict}; {toll.kills} kills, recovered from a broker's in "
            f"{statistics.median(toll.recoveries_s):.2f} s (median), "
            f"{max(toll.recoveries_s):.2f} s (worst)"
        )
        assert verdict.problems == []
        for process in system.processes:
            # A process that is just starting does not handle SIGTERM yet.
            await asyncio.to_thread(process.wait_ready)
        assert verdict.acked > 10 * len(toll.recoveries_s)
        for process in system.processes:
            assert "Traceback" not in process.log
    path = store_path(system.settings["HUBBUB_STORE"])
    assert path is not None
    with closing(open_reader(path)) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_schedule_is_repeatable() -> None:
    assert [*islice(schedule(3, 2, "mixed"), 50)] == [*islice(schedule(3, 2, "mixed"), 50)]
    assert [*islice(schedule(3, 2, "mixed"), 50)] != [*islice(schedule(4, 2, "mixed"), 50)]
