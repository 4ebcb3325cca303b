"""broker.intake: every frame becomes a command, an answer, or a complaint."""

import logging

import msgpack
import pytest

from broker.intake import HELLOS_AT_ONCE, Intake
from broker.metrics import Metrics
from broker.wire import Arrived
from common.frames import encode
from common.messages import Beat, Hello


def test_frames_are_commands_and_rubbish_is_answered_by_its_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    refused: list[tuple[bytes, int]] = []
    metrics = Metrics()
    intake = Intake(metrics, lambda peer, no, why: refused.append((peer, no)))
    hello, beat = Hello(no=1, wire=1, gateway="g1"), Beat(no=2)
    commands = intake.commands(
        [
            Arrived(b"p", "hostb", encode(hello)),
            Arrived(b"q", "", msgpack.packb({"no": 9, "do": "dance"})),
            Arrived(b"q", "", b""),
            Arrived(b"q", "", encode(beat)),
        ]
    )
    assert commands == [(b"p", hello), (b"q", beat)]
    assert refused == [(b"q", 9)]
    assert "hello from gateway 'g1' with the key hostb" in caplog.text
    intake.count(commands)
    assert b'hubbub_broker_commands_total{do="beat"} 1.0' in metrics.text()
    assert b"hubbub_broker_bad_frames_total 2.0" in metrics.text()


def test_hellos_are_logged_and_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    intake = Intake(Metrics(), lambda peer, no, why: None)
    hellos = [Arrived(b"p", "", encode(Hello(no=n, wire=1, gateway="g"))) for n in range(1000)]
    assert len(intake.commands(hellos)) == 1000
    assert len(caplog.records) == HELLOS_AT_ONCE
