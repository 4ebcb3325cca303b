"""scripts/setup is quick if nothing has changed; if it fails, it prints one line that names the
remedy. The other shell scripts are sound."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
SHELL_SCRIPTS = ("scripts/setup", "scripts/start", "scripts/test", ".ci/run")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the files that scripts/setup reads. Its .venv looks freshly made from them."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/setup").write_bytes((ROOT / "scripts/setup").read_bytes())
    bin = tmp_path / ".venv/bin"
    bin.mkdir(parents=True)
    (bin / "python").symlink_to(sys.executable)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / lock).write_bytes((ROOT / lock).read_bytes())
        (tmp_path / ".venv" / lock).write_bytes((ROOT / lock).read_bytes())
    return tmp_path


def setup(
    clone: Path, *arguments: str, path: Path | None = None, python: str = ""
) -> "subprocess.CompletedProcess[str]":
    environ = {"PATH": str(path) if path else os.environ["PATH"], "HOME": str(clone)}
    return subprocess.run(
        ["/bin/bash", str(clone / "scripts/setup"), *arguments],
        cwd="/",
        env={**environ, "PYTHON": python} if python else environ,
        capture_output=True,
        text=True,
        timeout=50,
    )


def commands(folder: Path, **scripts: str) -> Path:
    """A folder for PATH with these shell scripts, and with the few system commands of setup."""
    folder.mkdir()
    for name in ("cmp", "cp", "dirname", "env", "rm"):
        (folder / name).symlink_to(f"/usr/bin/{name}")
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize("script", SHELL_SCRIPTS)
def test_every_shell_script_is_sound(script: str) -> None:
    text = (ROOT / script).read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["/bin/bash", "-n", str(ROOT / script)], check=True)


@pytest.mark.parametrize("arguments", [[], ["--dev"]])
def test_nothing_to_do_is_quick_and_silent(clone: Path, arguments: list[str]) -> None:
    done = setup(clone, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_lock_is_installed(clone: Path) -> None:
    (clone / "requirements.lock").write_text("")
    (clone / ".venv/bin/python").unlink()
    (clone / ".venv/bin/python").write_text(
        f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} "$@"; echo "$@"\n'
    )
    (clone / ".venv/bin/python").chmod(0o755)
    done = setup(clone)
    assert done.returncode == 0
    assert done.stderr == "setup: installing requirements.lock\n"
    assert "--require-hashes --requirement requirements.lock" in done.stdout
    assert (clone / ".venv/requirements.lock").read_text() == ""
    assert setup(clone).stdout == ""


@pytest.mark.parametrize("output", ["/dev/full", "a pipe that nobody reads"])
def test_an_output_that_takes_nothing_leaves_nothing_half_done(clone: Path, output: str) -> None:
    (clone / "requirements.lock").write_text("")
    to_read, nobody = os.pipe()
    os.close(to_read)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            ["/bin/bash", str(clone / "scripts/setup")],
            env={"PATH": os.environ["PATH"], "HOME": str(clone)},
            stderr=full if output == "/dev/full" else nobody,
            timeout=50,
        )
    os.close(nobody)
    assert done.returncode == 0
    assert (clone / ".venv/requirements.lock").read_text() == ""


def test_a_lock_that_does_not_install_is_tried_again(clone: Path) -> None:
    # A package without a hash is refused without a network.
    (clone / "requirements.lock").write_text("no-such-package==1\n")
    done = setup(clone)
    assert done.returncode == 1
    assert "setup: could not install requirements.lock" in done.stderr
    assert not (clone / ".venv/requirements.lock").exists()


def test_no_venv_module_is_one_line_with_the_remedy(clone: Path, tmp_path: Path) -> None:
    (clone / ".venv/bin/python").unlink()
    bare = f'case "$*" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"'
    done = setup(clone, path=commands(tmp_path / "bin", python3=bare))
    assert done.returncode == 1
    assert done.stderr == (
        "setup: python3 has no venv; install it (Debian, Ubuntu: sudo apt install python3-venv)\n"
    )


def test_no_python_that_fits_is_one_line_with_the_remedy(clone: Path, tmp_path: Path) -> None:
    (clone / ".venv/bin/python").unlink()
    done = setup(clone, path=commands(tmp_path / "bin", python3="echo"))
    assert done.returncode == 1
    assert done.stderr.startswith("setup: Python 3.11 to 3.14 is needed; install one")
    assert done.stderr.count("\n") == 1


def test_a_newer_python_is_found_beside_an_old_one(clone: Path, tmp_path: Path) -> None:
    (clone / ".venv/bin/python").unlink()
    bare = f'case "$*" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"'
    path = commands(tmp_path / "bin", **{"python3": "echo", "python3.12": bare})
    assert "python3.12 has no venv" in setup(clone, path=path).stderr


def test_a_chosen_python_that_does_not_fit_is_refused(clone: Path) -> None:
    done = setup(clone, python="/bin/true")
    assert done.returncode == 1
    assert done.stderr == (
        "setup: PYTHON=/bin/true is no Python 3.11 to 3.14; name another or leave PYTHON out\n"
    )


def test_an_unknown_argument_is_refused(clone: Path) -> None:
    done = setup(clone, "--develop")
    assert done.returncode == 1
    assert done.stderr == "setup: unknown argument --develop; it is ./scripts/setup [--dev]\n"
