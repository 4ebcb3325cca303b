"""What tests of real processes need around them: ports, environments, tools."""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

_given_ports: set[int] = set()


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on, below those that the kernel gives to outgoing connections."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(20_000, 32_000)
        if port in _given_ports:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            _given_ports.add(port)
            return port
    raise RuntimeError("no free port between 20000 and 32000")


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with these settings and no others of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_") and k != "PORT"}
    return {**kept, "PYTHONUNBUFFERED": "1", **settings}


def need_tool(name: str, present: object = None) -> None:
    """Skips the test, loudly, where a tool is missing; under CI=true it fails."""
    if shutil.which(name) if present is None else present:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is missing, and under CI=true nothing is skipped")
    pytest.skip(f"{name} is missing: this test did NOT run")


def run_module(module: str, *args: str, within: float = 15.0, **settings: str) -> Any:
    """Runs `python -m module args` to its end; a CompletedProcess with text output."""
    return subprocess.run(
        [sys.executable, "-m", module, *args],
        cwd=ROOT,
        env=clean_environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
