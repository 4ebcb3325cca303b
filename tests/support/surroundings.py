"""What tests of real processes need around them: environments and tools."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from scripts.processes import ROOT

WITHIN_S = 15.0
"""The longest run of a module."""


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of this process, with these settings of Hubbub and no others."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_") and k != "PORT"}
    return {**kept, "PYTHONUNBUFFERED": "1", **settings}


def need_tool(name: str, present: object = None) -> None:
    """Skips the test, loudly, where a tool is missing; under CI=true it fails."""
    if shutil.which(name) if present is None else present:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is missing, and under CI=true nothing is skipped")
    pytest.skip(f"{name} is missing: this test did NOT run")


def run_module(module: str, *args: str, **settings: str) -> Any:
    """Runs `python -m module args` to its end; returns a CompletedProcess with text output."""
    return subprocess.run(
        [sys.executable, "-m", module, *args],
        cwd=ROOT,
        env=clean_environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
