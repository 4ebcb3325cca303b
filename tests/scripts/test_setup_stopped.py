"""scripts/setup is killed at twenty moments, with all that it has started: the next one mends it,
as when the Python, pip or the folder of .venv is not what it was."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pip
import pytest

from tests.scripts.test_setup import ROOT, setup

pytestmark = pytest.mark.processes

KILLS = 20
BASE = sys._base_executable  # type: ignore[attr-defined]
MINOR = f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A Python whose `venv` borrows the pip of these tests, since installing pip takes seconds."""
    script = tmp_path / "python"
    packages = Path(pip.__file__).parents[1]
    script.write_text(
        "#!/bin/sh\n"
        f'case "$*" in "-m venv"*) {BASE} -m venv --without-pip --clear .venv &&'
        f" exec ln -s {packages}/pip {packages}/pip-*.dist-info .venv/lib/{MINOR}/site-packages/;;"
        f' esac\nexec {BASE} "$@"\n'
    )
    script.chmod(0o755)
    return script


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the real script, and a lock of one small package, which is a local file."""
    made = tmp_path / "clone"
    (made / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/setup", made / "scripts")
    wheel = made / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "said = 'tiny'\n")
        info = "tiny-1.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", f"tiny.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock = f"--no-index\n--find-links .\ntiny==1 --hash=sha256:{digest}\n"
    for name in ("requirements.lock", "requirements-dev.lock"):
        (made / name).write_text(lock)
    return made


def is_made(clone: Path, python: Path) -> str:
    """Runs setup, after which .venv works and a second setup does nothing. Returns the output."""
    done = setup(clone, python=str(python))
    assert done.returncode == 0, done.stderr
    imported = [str(clone / ".venv/bin/python"), "-c", "import tiny; print(tiny.said)"]
    assert subprocess.check_output(imported, text=True) == "tiny\n"
    again = setup(clone, python=str(python))
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    return done.stderr


@pytest.mark.timeout(120)
def test_a_setup_that_is_killed_is_mended_by_the_next_one(clone: Path, python: Path) -> None:
    drawn = random.Random(9)
    began = time.monotonic()
    said = is_made(clone, python)
    assert [line.split(" with ")[0] for line in said.splitlines()] == [
        "setup: making .venv",
        "setup: installing requirements.lock",
    ]
    took = time.monotonic() - began
    for kill in range(KILLS):
        if kill % 5 == 0:
            shutil.rmtree(clone / ".venv")
        elif kill % 5 == 3:
            with (clone / "requirements.lock").open("a") as lock:
                lock.write(f"# {kill}\n")
        with subprocess.Popen(
            ["/bin/bash", clone / "scripts/setup"],
            env={**os.environ, "PYTHON": str(python)},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            time.sleep(
                drawn.uniform(0, took * 0.8)
            )  # setup is killed at any moment: that is the test
            os.killpg(process.pid, signal.SIGKILL)
        if kill % 5 == 4:
            is_made(clone, python)


def without_pip(clone: Path) -> None:
    for left in (clone / ".venv/lib" / MINOR / "site-packages").glob("pip*"):
        left.unlink()
    (clone / ".venv/requirements.lock").unlink()


def another_python(clone: Path) -> None:
    """Makes .venv look as if it was made with the Python version before this one."""
    (clone / ".venv/lib" / MINOR).rename(clone / ".venv/lib/python3.10")


def no_python(clone: Path) -> None:
    (clone / ".venv/bin/python").unlink()
    (clone / ".venv/bin/python").symlink_to("/nowhere/python3")


def half_installed(clone: Path) -> None:
    (clone / ".venv/.installing").touch()


def half_made(clone: Path) -> None:
    (clone / ".venv/.made").unlink()
    (clone / ".venv/requirements.lock").unlink()


HARMS: tuple[tuple[Callable[[Path], None], str], ...] = (
    (without_pip, "it has no pip"),
    (another_python, "it was made for another Python"),
    (no_python, "its Python is gone"),
    (half_installed, "an earlier setup was stopped"),
    (half_made, "an earlier setup was stopped"),
)


@pytest.mark.timeout(120)
def test_a_broken_venv_is_said_and_mended(clone: Path, python: Path) -> None:
    assert "there is none yet" in is_made(clone, python)
    for harm, why in HARMS:
        harm(clone)
        assert why in is_made(clone, python)


def test_a_folder_that_was_moved_gets_a_new_one(clone: Path, python: Path) -> None:
    is_made(clone, python)
    moved = clone.rename(clone.with_name("moved"))
    assert "it was made in another folder" in is_made(moved, python)
    assert str(moved) in (moved / ".venv/bin/activate").read_text()


def test_a_lock_that_cannot_be_installed_costs_nothing_that_was(clone: Path, python: Path) -> None:
    is_made(clone, python)
    lock = clone / "requirements.lock"
    good = lock.read_text()
    lock.write_text(good + "no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    assert setup(clone, python=str(python)).returncode == 1
    lock.write_text(good)
    assert is_made(clone, python) == "setup: installing requirements.lock\n"
