"""A line that comes again and again is logged once."""

import logging

import pytest

from gateway.sparse_log import SparseLog


def test_each_kind_of_line_is_logged_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    log = SparseLog(logging.getLogger("sparse"))
    for n in range(1000):
        log.warning("a bad frame: %s", n)
    log.warning("no link: %s", "away")
    assert [r.getMessage() for r in caplog.records] == ["a bad frame: 0", "no link: away"]


def test_what_was_not_logged_is_counted(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = SparseLog(logging.getLogger("sparse"))
    monkeypatch.setattr("gateway.sparse_log.EVERY_S", 0.0)
    log.warning("first")
    log._quiet_until["first"] += 1e9
    log.warning("first")
    log._quiet_until["first"] = 0.0
    log.warning("first")
    assert [r.getMessage() for r in caplog.records] == ["first", "first (and 1 times more)"]
