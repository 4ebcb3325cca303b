"""Each day another part of the mutants is run here; `python -m tests.mutants --all` runs all."""

import datetime
import re

import pytest

from tests.mutants.__main__ import main, part
from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import ROOT, Mutant

PARTS = 10


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.promise)
def test_a_mutant_fits_the_tree(mutant: Mutant) -> None:
    """The catalogue keeps up with what it changes."""
    assert (ROOT / mutant.file).read_text().count(mutant.old) == 1
    assert mutant.new != mutant.old
    file, _, test = mutant.test.partition("::")
    assert not test or re.search(rf"def {test}\b", (ROOT / file).read_text())


def test_each_is_in_a_part() -> None:
    assert sorted(m.promise for n in range(PARTS) for m in part(n, PARTS)) == sorted(
        m.promise for m in MUTANTS
    )


@pytest.mark.timeout(300)
def test_the_mutants_of_today_are_noticed() -> None:
    today = datetime.datetime.now(datetime.UTC).date().toordinal() % PARTS
    print(f"part {today} of {PARTS}")
    assert main(["--part", str(today), "--of", str(PARTS)]) == 0
