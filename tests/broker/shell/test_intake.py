"""broker.shell.intake: every frame becomes a command, or is refused, counted and logged."""

import logging
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.shell.intake import HELLOS_LOGGED, Intake, command_number
from broker.shell.metrics import Metrics
from broker.shell.zmq_sockets import IncomingFrame
from common.codec import encode
from common.messages import Announce, Beat, Hello


def test_frames_become_commands_and_bad_ones_are_answered_by_their_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    refused: list[tuple[bytes, int]] = []
    metrics = Metrics()
    intake = Intake(metrics, lambda peer, no, why, code: refused.append((peer, no)), None)
    hello, beat = Hello(no=1, wire=1, gateway="g1"), Beat(no=2)
    commands = intake.commands(
        [
            IncomingFrame(b"p", "hostb", encode(hello)),
            IncomingFrame(b"q", "", msgpack.packb({"no": 9, "do": "dance"})),
            IncomingFrame(b"q", "", b""),
            IncomingFrame(b"q", "", encode(beat)),
        ]
    )
    assert [(peer, type(command)) for peer, command in commands] == [(b"p", Hello), (b"q", Beat)]
    assert refused == [(b"q", 9)]
    assert "hello from gateway 'g1' with the key hostb" in caplog.text
    intake.count(commands)
    assert b'hubbub_broker_commands_total{do="beat"} 1.0' in metrics.text()
    assert b"hubbub_broker_bad_frames_total 2.0" in metrics.text()


def test_hellos_are_logged_and_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    intake = Intake(Metrics(), lambda peer, no, why, code: None, None)
    hellos = [
        IncomingFrame(b"p", "", encode(Hello(no=n, wire=1, gateway="g"))) for n in range(1000)
    ]
    assert len(intake.commands(hellos)) == 1000
    assert len(caplog.records) == HELLOS_LOGGED


def test_a_role_may_send_its_commands_and_others_are_forbidden() -> None:
    refused: list[tuple[bytes, int, str]] = []
    metrics = Metrics()
    intake = Intake(
        metrics,
        lambda peer, no, why, code: refused.append((peer, no, code)),
        {"loud": "publisher", "g": "gateway"},
    )
    announce, beat = Announce(no=1, text="hear, hear"), Beat(no=2)
    hello = Hello(no=3, wire=1, gateway="g1")
    commands = intake.commands(
        IncomingFrame(name.encode(), name, encode(command))
        for name in ("loud", "g")
        for command in (announce, beat, hello)
    )
    assert [(peer, type(command)) for peer, command in commands] == [
        (b"loud", Announce),
        (b"g", Beat),
        (b"g", Hello),
    ]
    assert refused == [
        (b"loud", 2, "forbidden"),
        (b"loud", 3, "forbidden"),
        (b"g", 1, "forbidden"),
    ]
    assert b"hubbub_broker_refused_commands_total 3.0" in metrics.text()


def test_a_proof_is_kept_as_a_hash_that_includes_the_keys_name() -> None:
    intake = Intake(Metrics(), lambda peer, no, why, code: None, None)

    def proofs(name: str) -> list[str]:
        hellos = [Hello(no=1, wire=1, gateway="g1", proof=proof) for proof in ("", "secret")]
        commands = intake.commands([IncomingFrame(b"p", name, encode(hello)) for hello in hellos])
        return [command.proof for _, command in commands if isinstance(command, Hello)]

    found = proofs("hosta") + proofs("hostb") + proofs("")
    assert found.count("") == 1, "without a key and a proof there is nothing to keep"
    assert found[4] == ""
    assert len({*found}) == 6
    assert "secret" not in found


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
def test_the_number_of_a_bad_frame_is_read(message: Any, no: int | None) -> None:
    assert command_number(msgpack.packb(message)) == no


@given(st.binary())
def test_any_bytes_have_a_number_or_none(frame: bytes) -> None:
    no = command_number(frame)
    assert no is None or no >= 0


def test_bad_frames_are_counted_and_few_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    metrics = Metrics()
    intake = Intake(metrics, lambda peer, no, why, code: None, None)
    assert intake.commands([IncomingFrame(b"p", "hostb", b"x" * 5000)] * 100) == []
    assert b"hubbub_broker_bad_frames_total 100.0" in metrics.text()
    assert len(caplog.records) == 1
    assert "with the key hostb" in caplog.text
    assert len(caplog.text) < 1000
