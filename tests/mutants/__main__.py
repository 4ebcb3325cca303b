"""Runs mutants, and fails if one survives.

python -m tests.mutants --all              every one
python -m tests.mutants --part 3 --of 10   the third tenth
python -m tests.mutants beacon             those with this word in their promise
python -m tests.mutants --hunt DIR… WORD   which test of these folders notices it first
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import Mutant, copy_tree, run, survives


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.mutants")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--hunt", default="")
    args = parser.parse_args(arguments)
    chosen = [m for m in MUTANTS if args.all or any(word in m.promise for word in args.words)]
    if not args.words and not args.all:
        chosen = part(args.part, args.of)
    with tempfile.TemporaryDirectory(prefix="hubbub-mutants-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        if args.hunt:
            return hunt(chosen, tree, args.hunt.split(","))
        alive = [mutant for mutant in chosen if not is_dead(mutant, tree)]
    print(f"{len(chosen) - len(alive)} of {len(chosen)} mutants were noticed")
    return 1 if alive or not chosen else 0


def part(number: int, of: int) -> list[Mutant]:
    """Each mutant is in one of the parts."""
    return list(MUTANTS[number % of :: of])


def is_dead(mutant: Mutant, tree: Path) -> bool:
    why_not = survives(mutant, tree)
    print(f"{'ALIVE' if why_not else 'dead '} {mutant.promise}{why_not and ': ' + why_not}")
    sys.stdout.flush()
    return not why_not


def hunt(chosen: Sequence[Mutant], tree: Path, tests: Sequence[str]) -> int:
    """Tells for each which test notices it first."""
    for mutant in chosen:
        file = tree / mutant.file
        sound = file.read_text()
        if sound.count(mutant.old) != 1:
            print(f"{mutant.promise}: {sound.count(mutant.old)} places")
            continue
        file.write_text(sound.replace(mutant.old, mutant.new))
        _, told = run(tree, *tests)
        file.write_text(sound)
        failed = [line for line in told.splitlines() if line.startswith(("FAILED", "ERROR"))]
        print(f"{mutant.promise}: {failed or told[-300:]}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
