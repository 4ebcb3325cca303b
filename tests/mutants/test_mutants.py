"""Each run tries the mutants of changed files; `python -m tests.mutants --all` tries all."""

import re
from pathlib import Path

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.mutants.changed import changed_files, mutants_of
from tests.mutants.mutant import ROOT, TEST_S, Mutant, copy_tree, survives

TRIED = mutants_of(MUTANTS, changed_files()) or MUTANTS[:1]
"""Without a changed file the first mutant, which shows that mutants are noticed at all."""


def by_promise(mutant: Mutant) -> str:
    return mutant.promise


@pytest.mark.parametrize("mutant", MUTANTS, ids=by_promise)
def test_a_mutant_fits_the_tree(mutant: Mutant) -> None:
    """The catalogue keeps up with the files that it changes."""
    assert (ROOT / mutant.file).read_text().count(mutant.old) == 1
    assert mutant.new != mutant.old
    file, _, test = mutant.test.partition("::")
    name = test.partition("[")[0]
    assert not test or re.search(rf"def {name}\b", (ROOT / file).read_text())


def test_a_mutant_is_of_changed_files_by_its_source_or_by_its_test() -> None:
    one = Mutant("promise", "a.py", "old", "new", "tests/test_a.py::test_it")
    other = Mutant("promise", "b.py", "old", "new", "tests/test_b.py")
    assert mutants_of([one, other], {"a.py", "c.py"}) == [one]
    assert mutants_of([one, other], {"tests/test_a.py", "b.py"}) == [one, other]
    assert mutants_of([one, other], set()) == []
    assert mutants_of([one, other], None) == [one, other], "git knows nothing: all are tried"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, for mutants to change."""
    copy = tmp_path_factory.mktemp("tree")
    copy_tree(copy)
    return copy


@pytest.mark.timeout(TEST_S + 30)
@pytest.mark.parametrize("mutant", TRIED, ids=by_promise)
def test_a_mutant_of_a_changed_file_is_noticed(mutant: Mutant, tree: Path) -> None:
    assert not survives(mutant, tree)
