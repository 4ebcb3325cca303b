"""The checks of settings: whether a text is an endpoint, an origin, a network … Pure."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import ip_network
from urllib.parse import urlsplit

LOOPBACK = "loopback"
_ADDRESS = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?/?", re.ASCII | re.I)
_PATH = re.compile(r"(/[a-z0-9_~-][a-z0-9._~-]*)*", re.ASCII | re.I)
_SERVICE = r"HUBBUB(_[A-Z0-9_]+)?_"
_URL = r"(tcp|udp|sctp)://([0-9.]+|\[[0-9a-f:.]+\]):[0-9]+"
_SERVICE_LINKS = [
    (re.compile(_SERVICE + name, re.ASCII), re.compile(value, re.ASCII))
    for name, value in (
        (
            r"(SERVICE_HOST|PORT_\d+_(TCP|UDP|SCTP)_ADDR)",
            r"[0-9.]+|[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*",
        ),
        (r"(SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)_PORT)", r"\d+"),
        (r"PORT_\d+_(TCP|UDP|SCTP)_PROTO", r"tcp|udp|sctp"),
        (r"PORT(_\d+_(TCP|UDP|SCTP))?", _URL),
    )
]
"""The names and values of the variables that Kubernetes sets for a Service."""


def entries(setting: str) -> list[str]:
    """The entries of a comma-separated list."""
    return [entry for entry in map(str.strip, setting.split(",")) if entry]


def is_endpoint(endpoint: str) -> bool:
    try:
        url = urlsplit(endpoint)
        return (url.scheme == "tcp" and bool(url.hostname) and url.port is not None) or (
            url.scheme == "ipc" and len(endpoint) > len("ipc://")
        )
    except ValueError:
        return False


def is_gateway_address(gateway: str) -> bool:
    """Whether it is an origin as browsers write it, in ASCII: it goes into pages and headers
    unchanged."""
    try:
        port_fits = urlsplit(gateway).port != 0  # raises ValueError if it is not a number
    except ValueError:
        return False
    return port_fits and _ADDRESS.fullmatch(gateway) is not None


def is_origin(origin: str) -> bool:
    try:
        url = urlsplit(origin)
    except ValueError:
        return False
    return origin in ("*", "null") or bool(
        url.scheme and url.netloc and url.path in ("", "/") and not url.query and not url.fragment
    )


def is_path(path: str) -> bool:
    return _PATH.fullmatch(path) is not None


def is_network(network: str) -> bool:
    try:
        return network == LOOPBACK or bool(ip_network(network, strict=False))
    except ValueError:
        return False


def is_set_by_kubernetes(name: str, value: str) -> bool:
    """Whether Kubernetes has set this variable, for a Service that is called `hubbub` or
    `hubbub-…`. Then it is neither a setting nor a spelling error."""
    return any(n.fullmatch(name) and v.fullmatch(value) for n, v in _SERVICE_LINKS)


def closest(name: str, known: Iterable[str]) -> str:
    """The setting whose name resembles this unknown name most; empty if no name is similar."""
    bare = name.removeprefix("HUBBUB_")
    if bare in known:
        return bare
    return next(iter(get_close_matches(name, known, 1, 0.8)), "")
