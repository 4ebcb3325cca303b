"""common/hosts.py: the names that requests to a process on loopback may use."""

import pytest

from common.hosts import Hosts

LISTED = (
    "https://chat.example, http://[2001:db8::5]:8080,capacitor://app.example",
    "https://b.example/",
)


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:4000", "LocalHost.:4000", "chat.localhost:4000", "127.0.0.1:4000",
        "127.9.9.9", "[::1]:4000", "[::ffff:127.0.0.1]:1", "[0:0:0:0:0:0:0:1]", "chat.example",
        "CHAT.example:8443", "b.example", "app.example", "[2001:DB8::5]:1", "",
    ],
)  # fmt: skip
def test_a_process_on_loopback_allows_loopback_names_and_listed_ones(host: str) -> None:
    assert Hosts(True, *LISTED).allows(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:4000", "localhost.evil.example", "localhost@evil",
        "notlocalhost",
        "127.0.0.1.evil.example", "0.0.0.0:4000", "[::]", "10.0.0.1", "[", "[::1", ":4000",
        "@", "/",
        "chat.example.evil.example", "b.example#x.localhost", "evil\\.localhost@x", "null", "*",
    ],
)  # fmt: skip
def test_a_process_on_loopback_refuses_other_names(host: str) -> None:
    hosts = Hosts(True, *LISTED)
    assert not hosts.allows(host)
    assert host in hosts.refusal(host) or repr(host) in hosts.refusal(host)


def test_every_name_is_allowed_beyond_loopback_or_with_all_origins() -> None:
    assert Hosts(False, "").allows("evil.example")
    assert Hosts(True, "*").allows("evil.example")
    assert not Hosts(True, "null").allows("null")


def test_the_refusal_is_one_bounded_line() -> None:
    text = Hosts(True).refusal("x" * 9000)
    assert text.count("\n") == 1
    assert len(text) < 400
    assert "HUBBUB_ORIGINS" in text
