"""common/checks.py. More of it is tested by tests/common/test_settings.py."""

import pytest

from common.checks import closest, is_network, is_path, is_set_by_kubernetes

SERVICE = {
    "HUBBUB_PORT": "tcp://10.0.0.7:4000",
    "HUBBUB_SERVICE_HOST": "10.0.0.7",
    "HUBBUB_SERVICE_PORT": "4000",
    "HUBBUB_SERVICE_PORT_HTTP": "4000",
    "HUBBUB_PORT_4000_TCP": "tcp://10.0.0.7:4000",
    "HUBBUB_PORT_4000_TCP_PROTO": "tcp",
    "HUBBUB_PORT_4000_TCP_PORT": "4000",
    "HUBBUB_PORT_4000_TCP_ADDR": "10.0.0.7",
    "HUBBUB_BROKER_PORT": "tcp://[fd00::7]:5555",
    "HUBBUB_BROKER_SERVICE_HOST": "fd00::7",
    "HUBBUB_BROKER_SERVICE_PORT_EVENTS_2": "5556",
    "HUBBUB_BROKER_PORT_5555_UDP": "udp://[fd00::7]:5555",
    "HUBBUB_BROKER_PORT_5555_UDP_ADDR": "fd00::7",
    "HUBBUB_GATEWAY_A_PORT_80_SCTP_PROTO": "sctp",
}
"""Kubernetes sets these for Services called hubbub, hubbub-broker and hubbub-gateway-a."""


@pytest.mark.parametrize("name", SERVICE)
def test_variables_of_a_kubernetes_service_are_recognised(name: str) -> None:
    assert is_set_by_kubernetes(name, SERVICE[name])
    for other in ("", "x", "4000x", "tcp://", "http://10.0.0.7:4000", "10.0.0.7:4000", "\n1"):
        assert not is_set_by_kubernetes(name, other), other


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUBBUB_PORT", "4000"),
        ("HUBBUB_BROKER_PORT", "5555"),
        ("HUBBUB_HOST_PORT_", "tcp://10.0.0.7:4000"),
        ("HUBBUB_LEESE", "1"),
        ("HUBBUB_SERVICE", "10.0.0.7"),
        ("HUBBUB_SERVICE_HOSTS", "10.0.0.7"),
        ("HUBBUBX_PORT", "tcp://10.0.0.7:4000"),
        ("HUBBUB_PORT_4000_TCP_ADDR", "host"),
        ("HUBBUB_SERVICE_PORT", "٤٠٠٠"),
    ],
)
def test_a_spelling_error_is_not_taken_for_a_variable_of_kubernetes(name: str, value: str) -> None:
    assert not is_set_by_kubernetes(name, value)


def test_the_setting_that_resembles_an_unknown_name_is_found() -> None:
    known = ["PORT", "HUBBUB_HOST", "HUBBUB_LEASE", "HUBBUB_BROKER"]
    assert closest("HUBBUB_PORT", known) == "PORT"
    assert closest("HUBBUB_LEESE", known) == "HUBBUB_LEASE"
    assert closest("HUBBUB_BROKERS", known) == "HUBBUB_BROKER"
    assert closest("HUBBUB_COLOUR", known) == ""


@pytest.mark.parametrize("path", ["", "/chat", "/a/b-c_d.e~f", "/Chat", "/a..b"])
def test_paths(path: str) -> None:
    assert is_path(path)


@pytest.mark.parametrize(
    "path",
    ["chat", "/", "/chat/", "//chat", "/a//b", "/a b", "/ä", "/a?b", "/{x}", "/..", "/a/./b"],
)
def test_bad_paths(path: str) -> None:
    assert not is_path(path)


def test_networks() -> None:
    for fits in ("10.0.0.7", "10.0.0.0/8", "10.1.2.3/8", "fd00::/8", "::1", "loopback"):
        assert is_network(fits)
    for none in ("", "proxy.example", "10.0.0.0/33", "10.0.0.7:80", "[::1]", "*"):
        assert not is_network(none)
