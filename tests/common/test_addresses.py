"""common/addresses.py: listening and connecting by IPv4 and IPv6."""

import socket

import pytest

from common.addresses import authority, is_local_only, listen, reachable_host, without_brackets


def reached(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=5):
            return True
    except OSError:
        return False


@pytest.mark.parametrize(
    ("host", "ipv4", "ipv6"),
    [
        ("127.0.0.1", True, False),
        ("::1", False, True),
        ("[::1]", False, True),
        ("0.0.0.0", True, False),
        ("::", True, True),
        ("[::]", True, True),
        ("", True, True),
    ],
)
def test_a_listening_host_accepts_ipv4_or_ipv6_or_both(host: str, ipv4: bool, ipv6: bool) -> None:
    sockets = listen(host, 0)
    ports = {one.getsockname()[1] for one in sockets}
    assert len(ports) == 1, "one port on all addresses"
    port = ports.pop()
    assert reached("127.0.0.1", port) is ipv4
    assert reached("::1", port) is ipv6
    assert reached(reachable_host(host), port)
    for one in sockets:
        one.close()


def test_a_port_in_use_leaves_no_socket_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True), ("localhost", True), ("::1", True), ("[::1]", True),
        ("127.1.2.3", True),
        ("0.0.0.0", False), ("::", False), ("", False), ("10.0.0.1", False),
    ],
)  # fmt: skip
def test_hosts_that_only_this_machine_reaches(host: str, answer: bool) -> None:
    assert is_local_only(host) is answer


def test_brackets_stand_around_ipv6_in_urls_only() -> None:
    assert authority("::1", 4000) == "[::1]:4000"
    assert authority("127.0.0.1", 4000) == "127.0.0.1:4000"
    assert (without_brackets("[::1]"), without_brackets("::1"), without_brackets("a.example")) == (
        "::1",
        "::1",
        "a.example",
    )
