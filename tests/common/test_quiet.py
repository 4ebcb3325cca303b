"""The quiet log."""

import logging

import pytest

from common import quiet
from common.quiet import LimitedLog, quieten


def test_a_flood_is_one_line_and_a_count(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = LimitedLog(logging.getLogger("test"))
    for _ in range(1000):
        log.warning("rubbish", "x" * 10_000)
    log.warning("other")
    assert len(caplog.records) == 2
    assert len(caplog.records[0].getMessage()) < 250
    monkeypatch.setattr(quiet, "PAUSE_S", 0.0)
    later = LimitedLog(logging.getLogger("test"))
    later.warning("rubbish")
    later.warning("rubbish")
    assert len(caplog.records) == 4
    log._next["rubbish"] = 0.0
    log.warning("rubbish")
    assert "999 more" in caplog.records[-1].getMessage()


def test_a_library_that_floods_is_quietened(caplog: pytest.LogCaptureFixture) -> None:
    library = logging.getLogger("test.library")
    quieten("test.library")
    quieten("test.library")
    for n in range(100):
        library.error("request %d", n)
    library.error("something else")
    assert [r.getMessage() for r in caplog.records] == ["request 0", "something else"]
