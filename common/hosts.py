"""The hosts: the names that HTTP requests may use for a process that only this machine can reach.
Pure.

A stranger's site can let its own name point to 127.0.0.1 after a browser has loaded its page (DNS
rebinding). For the browser this process then has the same origin as that page; only the Host header
of the requests shows the stranger's name.
"""

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

REMEMBERED = 100
"""What nearly all requests share is worked out once: hosts, origins, headers. So many of each are
remembered."""
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(:[0-9]*)?")


class Hosts:
    """`local` says whether only this machine can reach the process. If so, requests may use
    loopback addresses, `localhost`, and the hosts of `origins` (comma-separated lists; `*` is any
    host). If not, requests may use any name."""

    def __init__(self, local: bool, *origins: str) -> None:
        listed = [entry.strip() for setting in origins for entry in setting.split(",")]
        self._any = not local or "*" in listed
        self._listed = {_name(entry.partition("://")[2]) for entry in listed}
        self._allows = lru_cache(REMEMBERED)(self._is_allowed)

    def allows(self, host: str) -> bool:
        """Whether a request with this Host header (empty if it has none) is allowed. Every browser
        sends one."""
        return self._any or not host or self._allows(host)

    def _is_allowed(self, host: str) -> bool:
        name = _name(host)
        return bool(name) and (name in self._listed or is_loopback(name))

    def refusal(self, host: str) -> str:
        """The text that answers a request with a Host that is not allowed."""
        return (
            f"{host[:100]!r} is not a name of this process, which listens on loopback only: use"
            " localhost; or, if that is the name of your proxy, add its origin (https://name) to"
            " HUBBUB_ORIGINS\n"
        )


def is_loopback(name: str) -> bool:
    """Whether a name or address (without port) always means this machine, whatever name servers
    say."""
    clean = name.lower().strip("[]").removesuffix(".")
    if clean == "localhost" or clean.endswith(".localhost"):
        return True
    try:
        address = ip_address(clean)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _name(authority: str) -> str:
    """The host of `host[:port]` in lower case; empty if the text does not have that form."""
    fits = _AUTHORITY.fullmatch(authority.lower().rstrip("/"))
    return fits[1].strip("[]").removesuffix(".") if fits else ""
