"""What the tests of the scripts share: running one as a user does."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_script() -> Run:
    """`run_script("announce", "text", broker="tcp://…")` returns the process when it has ended."""

    def run(script: str, *arguments: str, broker: str) -> "subprocess.CompletedProcess[str]":
        environ = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_")}
        return subprocess.run(
            [sys.executable, "-m", f"scripts.{script}", *arguments],
            cwd=ROOT,
            env={**environ, "HUBBUB_BROKER": broker, "TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=30,
        )

    return run
