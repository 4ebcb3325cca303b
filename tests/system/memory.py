"""The memory of a process, as Linux tells it."""

import re
from pathlib import Path

from tests.support.system import Process


def memory_mib(process: Process, what: str = "VmHWM") -> float:
    """The resident memory of a process at its highest, or with `VmRSS` now."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(rf"^{what}:\s+(\d+) kB", status, re.MULTILINE)
    assert found
    return int(found[1]) / 1024


def forget_peak(process: Process) -> None:
    """Begins to measure the highest memory anew."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")
