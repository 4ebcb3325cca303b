"""The hosts: by which names a process may be asked that only this machine can reach. Pure.

A page of a stranger's site can have the site's name point to 127.0.0.1 once it is loaded (DNS
rebinding). To the browser what listens here is then of the same origin as that page, and only the
Host of its requests tells.
"""

import re
from ipaddress import IPv6Address, ip_address

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(:[0-9]*)?")


class Hosts:
    """`local`: only this machine can reach the process. Then it is known by loopback addresses, by
    names of this machine, and by the hosts of the listed origins; else by any name."""

    def __init__(self, local: bool, *origins: str) -> None:
        listed = [entry.strip() for setting in origins for entry in setting.split(",")]
        self._any = not local or "*" in listed
        self._listed = {_name(entry.partition("://")[2]) for entry in listed}

    def allows(self, host: str) -> bool:
        """`host`: a request's Host, which each browser sends; empty if there is none."""
        if self._any or not host:
            return True
        name = _name(host)
        return bool(name) and (name in self._listed or is_loopback(name))

    def refusal(self, host: str) -> str:
        """What to do about one that is unknown."""
        return (
            f"{host[:100]!r} is no name of this process, which listens on loopback only: open it by"
            " localhost; or, if a proxy of yours has that name, put its origin (https://name) into"
            " HUBBUB_ORIGINS\n"
        )


def is_loopback(name: str) -> bool:
    """Whether a name or address, without port, means this machine by itself: nobody can make it
    point elsewhere."""
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
    """Without port, in lower case; empty if it is none."""
    fits = _AUTHORITY.fullmatch(authority.lower().rstrip("/"))
    return fits[1].strip("[]").removesuffix(".") if fits else ""
