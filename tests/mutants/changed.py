"""Which files were changed: since the branch left main; on main itself, by its last commit."""

import subprocess
from collections.abc import Iterable

from tests.mutants.mutant import ROOT, Mutant

MAINS = ("origin/main", "main")
GIT_S = 20.0


def changed_files() -> set[str] | None:
    """Paths below the root, those not committed yet included; None if git does not know."""
    base = _base()
    if base is None:
        return None
    differing = _git("diff", "--name-only", base)
    new = _git("ls-files", "--others", "--exclude-standard")
    return None if differing is None or new is None else {*differing.split(), *new.split()}


def mutants_of(mutants: Iterable[Mutant], files: set[str] | None) -> list[Mutant]:
    """The mutants that change one of these files, or that a test in one of them has to notice."""
    return [
        mutant
        for mutant in mutants
        if files is None or {mutant.file, mutant.test.partition("::")[0]} & files
    ]


def _base() -> str | None:
    """The commit to compare with: the last one that HEAD shares with main, but not HEAD itself."""
    head = _git("rev-parse", "HEAD")
    for main in MAINS:
        shared = _git("merge-base", "HEAD", main)
        if shared and shared != head:
            return shared
    return _git("rev-parse", "--verify", "--quiet", "HEAD~1")


def _git(*arguments: str) -> str | None:
    """What git prints; None if it fails or is not installed."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=GIT_S,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
