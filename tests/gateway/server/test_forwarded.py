"""gateway/server/forwarded.py: whose address a request has."""

import time

import pytest

from gateway.server.forwarded import Proxies

NONE: list[str] = []


@pytest.mark.parametrize(
    ("setting", "peer", "headers", "client"),
    [
        ("", "127.0.0.1", ["1.2.3.4"], "127.0.0.1"),
        ("10.0.0.1", "127.0.0.1", ["1.2.3.4"], "127.0.0.1"),
        ("loopback", "127.0.0.1", [], "127.0.0.1"),
        ("loopback", "127.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("loopback", "127.0.0.1", ["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
        ("loopback", "127.0.0.1", ["6.6.6.6", "1.2.3.4"], "1.2.3.4"),
        ("loopback", "::1", ["2001:db8::9"], "2001:db8::9"),
        ("loopback", "::1", ["[2001:db8::9]:4711"], "2001:db8::9"),
        ("loopback", "::1", ["[2001:DB8:0::9]"], "2001:db8::9"),
        ("loopback", "::1", ["1.2.3.4:4711"], "1.2.3.4"),
        ("loopback", "::ffff:127.0.0.1", ["::ffff:1.2.3.4"], "1.2.3.4"),
        ("loopback", "127.0.0.1", ["fe80::1%eth0"], "fe80::1"),
        ("loopback,10.0.0.0/8", "127.0.0.1", ["6.6.6.6, 1.2.3.4, 10.1.1.1"], "1.2.3.4"),
        ("loopback, 10.0.0.0/8", "127.0.0.1", ["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        ("loopback", "127.0.0.1", ["unknown"], "127.0.0.1"),
        ("loopback,10.0.0.0/8", "127.0.0.1", ["1.2.3.4, unknown, 10.1.1.1"], "10.1.1.1"),
        ("loopback", "127.0.0.1", ["1.2.3.4, "], "127.0.0.1"),
        ("loopback", "127.0.0.1", ["1.2.3.4.5"], "127.0.0.1"),
        ("loopback", "", ["1.2.3.4"], ""),
    ],
)
def test_x_forwarded_for(setting: str, peer: str, headers: list[str], client: str) -> None:
    assert Proxies(setting).client(peer, headers, NONE) == client


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        (["for=1.2.3.4"], "1.2.3.4"),
        (["For=1.2.3.4;proto=https;by=10.0.0.1"], "1.2.3.4"),
        (['proto=https; for="[2001:db8::9]:4711"'], "2001:db8::9"),
        (['for="1.2.3.4:80"'], "1.2.3.4"),
        (["for=6.6.6.6, for=1.2.3.4"], "1.2.3.4"),
        (["for=6.6.6.6", "for=1.2.3.4"], "1.2.3.4"),
        (["for=_hidden"], "127.0.0.1"),
        (["for=unknown"], "127.0.0.1"),
        (["by=1.2.3.4"], "127.0.0.1"),
        (["for="], "127.0.0.1"),
        (['for="'], "127.0.0.1"),
        (["1.2.3.4"], "127.0.0.1"),
    ],
)
def test_forwarded(headers: list[str], client: str) -> None:
    assert Proxies("loopback").client("127.0.0.1", NONE, headers) == client
    assert Proxies("").client("127.0.0.1", NONE, headers) == "127.0.0.1"


def test_a_header_that_a_proxy_does_not_replace_is_not_believed() -> None:
    proxies = Proxies("loopback")
    assert proxies.client("127.0.0.1", ["1.2.3.4"], ["for=6.6.6.6"]) == "1.2.3.4"


def test_endless_chains_cost_little() -> None:
    began = time.perf_counter()
    chain = ["127.0.0.1," * 100_000]
    assert Proxies("loopback").client("127.0.0.1", chain, NONE) == "127.0.0.1"
    assert time.perf_counter() - began < 0.05
