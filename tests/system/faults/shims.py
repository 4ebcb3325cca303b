"""Shims: small C libraries that stand before libc in a process that is to be harmed."""

import subprocess
from pathlib import Path

from tests.support.surroundings import need_tool


def compiled(source: Path, folder: Path) -> Path:
    """For LD_PRELOAD. Skips the test where there is no C compiler."""
    need_tool("cc")
    made = folder / f"{source.stem}.so"
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror"]
    subprocess.run(["cc", *flags, "-o", made, source, "-ldl"], check=True)
    return made
