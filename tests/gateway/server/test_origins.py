"""The origins."""

import pytest

from gateway.server.origins import Origins, listed


@pytest.mark.parametrize(
    ("setting", "origin", "host", "allowed"),
    [
        ("", "http://a.example", "a.example", True),
        ("", "https://A.example", "a.example", True),
        ("", "https://a.example", "a.example:443", True),
        ("", "http://a.example:80", "a.example", True),
        ("", "http://a.example:4000", "a.example:4000", True),
        ("", "http://a.example:4000", "a.example", False),
        ("", "http://b.example", "a.example", False),
        ("", "null", "null", False),
        ("", "http://", "", False),
        ("", "http://[", "[", False),
        ("", "file://a.example", "a.example", False),
        ("http://b.example/, https://c.example", "http://b.example", "a", True),
        ("http://b.example/, https://c.example", "https://c.example:443", "a", True),
        ("http://b.example", "https://b.example", "a", False),
        ("http://b.example", "http://a", "a", True),
        ("*", "null", "a", True),
        ("*", None, "a", False),
    ],
)
def test_origins(setting: str, origin: str | None, host: str, allowed: bool) -> None:
    assert Origins(setting).allow(origin, host) is allowed


def test_entries_are_spelled_as_browsers_do() -> None:
    assert listed(" https://A.example/, ,http://b.example:80,http://[::1]:4000 ") == [
        "https://a.example",
        "http://b.example",
        "http://[::1]:4000",
    ]
    assert listed("") == []
