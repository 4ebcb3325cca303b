"""scripts/bench.py, scripts/processes.py: figures of a system of its own, which it ends."""

import re
import subprocess
import sys


def test_the_bench_prints_its_figures() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "scripts.bench",
            "--sockets",
            "5",
            "--messages",
            "4",
            "--rate",
            "50",
        ],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stderr
    names = re.findall(r"^(\w+) +\d+\.\d+$", done.stdout, re.MULTILINE)
    assert names == ["joins_per_s", "cpu_us_per_delivery", "ack_p50_ms", "ack_p99_ms"]
