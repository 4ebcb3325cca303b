"""The addresses that a process listens on by HTTP: IPv4, IPv6 or both."""

import socket
from asyncio.selector_events import _SelectorTransport  # type: ignore[attr-defined]
from urllib.parse import urlsplit

from common.hosts import is_loopback

EVERY = "::"
"""All addresses of the machine: as a socket that takes both kinds."""
READ_BYTES = 16 << 10
"""Read of a connection in one turn of the loop, and parsed: as chunks of a byte that takes 2 ms."""


def without_brackets(host: str) -> str:
    """`[::1]` is an address of a URL, `::1` one of a socket."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def authority(host: str, port: int) -> str:
    """As it stands in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split_address(address: str) -> tuple[str, int]:
    """Of `host:port`, with brackets around IPv6. Raises ValueError."""
    url = urlsplit(f"//{address}")
    if url.hostname and url.port is not None:
        return url.hostname, url.port
    raise ValueError(f"{address!r} does not look like host:port")


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on all addresses of this host. Raises OSError if one is taken."""
    # Of all transports of the process, for asyncio has it nowhere else.
    setattr(_SelectorTransport, "max_size", READ_BYTES)  # noqa: B010  # not in its stubs
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, place in dict.fromkeys(_found(host, port)):
            both = family == socket.AF_INET6 and without_brackets(host) == EVERY
            address = (str(place[0]), port)
            sockets.append(socket.create_server(address, family=family, dualstack_ipv6=both))
            port = sockets[0].getsockname()[1]  # 0 is the same one for all
    except OSError:
        for one in sockets:
            one.close()
        raise
    return sockets


def is_local_only(host: str) -> bool:
    """Whether only this machine can reach who listens on this host. Raises OSError for none."""
    return all(is_loopback(str(place[0])) for *_, place in _found(host, 0))


def reachable_host(host: str) -> str:
    """An address by which this machine reaches who listens on this host."""
    return {"": "localhost", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(
        without_brackets(host), without_brackets(host)
    )


def _found(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    found = socket.getaddrinfo(
        without_brackets(host) or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return found  # type: ignore[return-value]
