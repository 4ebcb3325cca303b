import resource
import subprocess
import sys

import pytest

from common import descriptors

TELL = """
import resource
from common.descriptors import raise_descriptor_limit
resource.setrlimit(resource.RLIMIT_NOFILE, ({}, {}))
print(raise_descriptor_limit(), resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard"), [(100, 300), (300, 300)])
def test_the_limit_is_as_high_as_it_may_be(soft: int, hard: int) -> None:
    output = subprocess.run(
        [sys.executable, "-c", TELL.format(soft, hard)], capture_output=True, text=True, check=True
    ).stdout
    assert output == f"{hard} ({hard}, {hard})\n"


def test_no_limit_is_a_number_too(monkeypatch: pytest.MonkeyPatch) -> None:
    no_end = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda _: no_end)
    assert (
        descriptors.raise_descriptor_limit() == descriptors.descriptor_limit() == descriptors.MOST
    )
