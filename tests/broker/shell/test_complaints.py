import logging
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.shell.complaints import Complaints, number
from broker.shell.metrics import Metrics
from broker.shell.zmq_sockets import Arrived
from common.errors import FrameError


@pytest.mark.parametrize(
    ("message", "no"),
    [
        ({"no": 7}, 7),
        ({"no": 0, "do": None}, 0),
        ({"no": -1}, None),
        ({"no": 1 << 53}, None),
        ({"no": True}, None),
        ({"no": "7"}, None),
        ({}, None),
        ([1], None),
        (5, None),
    ],
)
def test_the_number_of_a_wrong_command_is_found(message: Any, no: int | None) -> None:
    assert number(msgpack.packb(message)) == no


@given(st.binary())
def test_any_bytes_have_a_number_or_none(frame: bytes) -> None:
    no = number(frame)
    assert no is None or no >= 0


def test_all_are_counted_and_few_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    metrics = Metrics()
    complaints = Complaints(metrics)
    for _ in range(100):
        complaints.note(Arrived(b"p", "hostb", b""), FrameError("x" * 5000))
    assert b"hubbub_broker_bad_frames_total 100.0" in metrics.text()
    assert len(caplog.records) == 1
    assert "with the key hostb" in caplog.text
    assert len(caplog.text) < 1000
