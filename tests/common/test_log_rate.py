"""common/log_rate.py: each line of code logs a few times in ten seconds."""

import logging

import pytest

from common import log_rate
from common.log_rate import limit_libraries, rate_limited


def test_a_flood_is_one_line_and_a_count(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = rate_limited("test")

    def flood(times: int) -> None:
        for _ in range(times):
            log.warning("rubbish %.10s", "x" * 10_000)

    flood(1000)
    log.warning("other")
    assert [r.getMessage() for r in caplog.records] == ["rubbish xxxxxxxxxx", "other"]
    assert {r.name for r in caplog.records} == {"test"}
    monkeypatch.setattr(log_rate, "WINDOW_S", 0.0)
    flood(2)
    assert [r.getMessage() for r in caplog.records[2:]] == [
        "rubbish xxxxxxxxxx (and 999 more since the last line)",
        "rubbish xxxxxxxxxx",
    ]


def test_two_loggers_of_one_name_count_apart(caplog: pytest.LogCaptureFixture) -> None:
    for log in (rate_limited("test", most=2), rate_limited("test", most=2)):
        for _ in range(5):
            log.error("rubbish")
    assert len(caplog.records) == 4


def test_the_level_is_that_of_the_named_logger(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, logger="test")
    rate_limited("test").warning("hidden")
    assert not caplog.records


def test_a_library_that_floods_is_limited(caplog: pytest.LogCaptureFixture) -> None:
    library = logging.getLogger("test.library")
    limit_libraries("test.library")
    limit_libraries("test.library")
    for n in range(100):
        library.error("request %d", n)
    library.error("something else")
    assert [r.getMessage() for r in caplog.records] == ["request 0", "something else"]


def test_what_a_library_says_below_a_warning_is_not_limited(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="talkative")
    limit_libraries("talkative")
    for _ in range(3):
        logging.getLogger("talkative").debug("a detail")
    assert len(caplog.records) == 3
