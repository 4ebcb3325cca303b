"""A mutant: one wrong change in a copy of the tree, and the test that must fail because of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("broker", "common", "gateway", "scripts", "static", "tests", "pyproject.toml")
TEST_S = 120.0
FAILED = 1
"""pytest's exit status when a test has failed; other statuses say that none ran."""


class Mutant(Struct, frozen=True):
    """`promise` says in words what breaks when `old`, which stands in the file once, becomes `new`.
    `test` is the pytest id that has to fail then."""

    promise: str
    file: str
    old: str
    new: str
    test: str


def copy_tree(to: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_file():
            shutil.copy2(source, to / name)
        else:
            ignored = shutil.ignore_patterns("node_modules", "__pycache__", ".*")
            shutil.copytree(source, to / name, ignore=ignored)
    modules = ROOT / "tests" / "system" / "node_modules"
    if modules.is_dir():
        (to / "tests" / "system" / "node_modules").symlink_to(modules)


def survives(mutant: Mutant, tree: Path) -> str:
    """Why the mutant was not noticed; empty if its test has failed, as it must."""
    file = tree / mutant.file
    sound = file.read_text()
    if sound.count(mutant.old) != 1:
        return f"{mutant.file} has {mutant.old!r} {sound.count(mutant.old)} times, not once"
    file.write_text(sound.replace(mutant.old, mutant.new))
    try:
        status, output = run(tree, mutant.test)
    finally:
        file.write_text(sound)
    if status == FAILED:
        return ""
    return f"{mutant.test} ended with {status}: {output.strip()[-600:]}"


def run(tree: Path, *tests: str) -> tuple[int, str]:
    """Runs tests of a tree; returns pytest's exit status and output."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
            cwd=tree,
            # Python tells stale bytecode by time and size, which a mutant may share with its source
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return FAILED, f"did not end in {TEST_S} s"
    return done.returncode, done.stdout + done.stderr
