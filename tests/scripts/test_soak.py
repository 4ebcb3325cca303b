"""scripts/soak/__main__.py, scripts/processes.py: load and faults for a while, and a verdict."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.processes


def test_a_short_soak_with_kills_keeps_every_promise() -> None:
    arguments = ["--minutes", "0.2", "--faults", "mixed", "--kills", "3", "--seed", "7"]
    done = subprocess.run(
        [sys.executable, "-m", "scripts.soak", *arguments],
        capture_output=True,
        text=True,
        timeout=55,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "acked" in done.stdout
