"""The address of a browser behind proxies: only those of HUBBUB_PROXIES are believed. Pure."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from common.checks import LOOPBACK, entries

MOST = 32
"""Proxies one behind the other, at most."""
_LOOPBACK = ("127.0.0.0/8", "::1")
_FOR = re.compile(r'(?:^|;)\s*for=("[^"]*"|[^;"]*)', re.I)


class Proxies:
    """`setting`: their addresses or networks, by comma; `loopback` is any on this machine."""

    def __init__(self, setting: str) -> None:
        named = [one for entry in entries(setting) for one in _spelled_out(entry)]
        self._networks = [ip_network(one, strict=False) for one in named]

    def client(self, peer: str, x_forwarded_for: Sequence[str], forwarded: Sequence[str]) -> str:
        """Who sent the request: the peer, or if it is a proxy of ours whom it names, and so on: the
        last address that no proxy of ours has. `x_forwarded_for`, `forwarded`: those headers; the
        second counts only without the first, as anybody may send what a proxy does not replace.

        One function tells it, so that whatever is decided by address (a network's /24 or /64, say)
        is decided by the same one.
        """
        address = _address(peer)
        if address is None or not self._ours(address):
            return str(address or peer)
        chain = ",".join(x_forwarded_for or forwarded).rsplit(",", MOST)[-MOST:]
        for entry in reversed(chain):
            before = _address(entry if x_forwarded_for else _named(entry))
            if before is None:
                break
            address = before
            if not self._ours(address):
                break
        return str(address)

    def _ours(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _spelled_out(entry: str) -> Sequence[str]:
    return _LOOPBACK if entry == LOOPBACK else (entry,)


def _named(element: str) -> str:
    """Of one element of Forwarded (RFC 7239)."""
    found = _FOR.search(element)
    return found[1].strip().strip('"') if found else ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Of an address with or without port; None for what is none, as `unknown` or `_hidden`."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
