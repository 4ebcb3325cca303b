"""Measurements: what Linux and a process's metrics say about processes and the machine."""

import os
import platform
import re
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """Seconds of user and system time that these processes have used so far."""
    return sum(sum(user_and_system_s(pid)) for pid in pids)


def user_and_system_s(pid: int) -> tuple[float, float]:
    """Seconds of CPU that one process has used so far (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS_PER_S, int(fields[12]) / TICKS_PER_S


def resident_kib(pids: Iterable[int]) -> int:
    """Bytes of memory that these processes have in RAM now."""
    total = 0
    for pid in pids:
        status = Path(f"/proc/{pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        total += int(line.split()[1])
    return total


def metric(http: str, name: str) -> float:
    """One metric of a Hubbub process at this host:port; NaN if it has no such metric."""
    for line in _metrics(http):
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    return float("nan")


def longest(http: str, name: str) -> float:
    """A bound that no time of a histogram exceeded; NaN if it has no times."""
    count = metric(http, f"{name}_count")
    for line in _metrics(http):
        found = re.match(rf'{name}_bucket{{le="(.*)"}} (\S+)', line)
        if found and count and float(found[2]) == count:
            return float(found[1])
    return float("nan")


def _metrics(http: str) -> list[str]:
    with urllib.request.urlopen(f"http://{http}/metrics", timeout=5) as answer:
        lines: list[str] = answer.read().decode().splitlines()
    return lines


def machine() -> dict[str, object]:
    """The machine on which the figures were measured."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.machine()
    return {
        "cores": os.cpu_count(),
        "cpu": model,
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
    }
