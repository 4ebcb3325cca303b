"""Runs mutants; the exit status is 1 if a test did not notice one of them.

python -m tests.mutants --all              all mutants
python -m tests.mutants --changed          those of files that were changed (see changed.py)
python -m tests.mutants beacon             those with this word in their promise
python -m tests.mutants --hunt DIR… WORD   prints which test of these folders fails first
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.catalogue import MUTANTS
from tests.mutants.changed import changed_files, mutants_of
from tests.mutants.mutant import Mutant, copy_tree, run, survives


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.mutants")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("--hunt", default="")
    args = parser.parse_args(arguments)
    if not (args.words or args.all or args.changed):
        parser.error("say which mutants: --all, --changed, or a word of their promises")
    chosen = [m for m in MUTANTS if args.all or any(word in m.promise for word in args.words)]
    if args.changed:
        chosen = mutants_of(MUTANTS, changed_files())
    with tempfile.TemporaryDirectory(prefix="hubbub-mutants-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        if args.hunt:
            return hunt(chosen, tree, args.hunt.split(","))
        alive = [mutant for mutant in chosen if not is_noticed(mutant, tree)]
    print(f"{len(chosen) - len(alive)} of {len(chosen)} mutants were noticed")
    return 1 if alive else 0


def is_noticed(mutant: Mutant, tree: Path) -> bool:
    """Whether its test fails; prints a line about it."""
    why_not = survives(mutant, tree)
    print(f"{'ALIVE' if why_not else 'dead '} {mutant.promise}{why_not and ': ' + why_not}")
    sys.stdout.flush()
    return not why_not


def hunt(chosen: Sequence[Mutant], tree: Path, tests: Sequence[str]) -> int:
    """Prints for each mutant which test fails first."""
    for mutant in chosen:
        file = tree / mutant.file
        sound = file.read_text()
        if sound.count(mutant.old) != 1:
            print(f"{mutant.promise}: {sound.count(mutant.old)} places")
            continue
        file.write_text(sound.replace(mutant.old, mutant.new))
        _, output = run(tree, *tests)
        file.write_text(sound)
        failed = [line for line in output.splitlines() if line.startswith(("FAILED", "ERROR"))]
        print(f"{mutant.promise}: {failed or output[-300:]}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
