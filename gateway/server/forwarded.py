"""The address of a browser behind proxies: only proxies of HUBBUB_PROXIES are believed. Pure."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from common.checks import LOOPBACK, entries

CHAIN_LENGTH = 32
"""The most proxies that are followed, one behind the other."""
_LOOPBACK = ("127.0.0.0/8", "::1")
_FOR = re.compile(r'(?:^|;)\s*for=("[^"]*"|[^;"]*)', re.I)


class Proxies:
    """`setting`: addresses or networks of proxies, separated by commas; `loopback` stands for every
    address of this machine's own."""

    def __init__(self, setting: str) -> None:
        named = [one for entry in entries(setting) for one in _spelled_out(entry)]
        self._networks = [ip_network(one, strict=False) for one in named]

    def client(self, peer: str, x_forwarded_for: Sequence[str], forwarded: Sequence[str]) -> str:
        """The address of the browser that sent the request: the peer's, or, if the peer is a proxy
        of ours, the one that it names, and so on until an address is no proxy of ours.

        `x_forwarded_for` and `forwarded` are the values of those headers. Forwarded counts only
        without X-Forwarded-For, since a proxy passes on the header that it does not set itself.
        """
        if not self._networks and "%" not in peer:
            return peer.removeprefix("::ffff:") if "." in peer else peer
        address = _address(peer)
        if address is None or not self._ours(address):
            return str(address or peer)
        chain = ",".join(x_forwarded_for or forwarded).rsplit(",", CHAIN_LENGTH)[-CHAIN_LENGTH:]
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
    """The node that one element of Forwarded names (RFC 7239, section 4); empty if it names
    none."""
    found = _FOR.search(element)
    return found[1].strip().strip('"') if found else ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a text with or without a port; None if the text is something else, such as
    `unknown` or `_hidden`."""
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
