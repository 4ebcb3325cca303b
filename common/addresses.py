"""The addresses that a process listens on for HTTP: IPv4, IPv6 or both."""

import socket
from asyncio.selector_events import _SelectorTransport  # type: ignore[attr-defined]
from urllib.parse import urlsplit

from common.hosts import is_loopback

EVERY = "::"
"""All addresses of the machine; the socket accepts IPv4 and IPv6."""
READ_BYTES = 16 << 10
"""The most that is read of a connection, and parsed, in one turn of the loop. If all of it were
chunks of one byte, that would take 2 ms."""


def without_brackets(host: str) -> str:
    """`::1` for `[::1]`: URLs write an IPv6 address with brackets, sockets without."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def authority(host: str, port: int) -> str:
    """`host:port` as URLs write it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `host:port`, where an IPv6 address has brackets. Raises ValueError."""
    url = urlsplit(f"//{address}")
    if url.hostname and url.port is not None:
        return url.hostname, url.port
    raise ValueError(f"{address!r} does not look like host:port")


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on all addresses of this host, with one port (0 takes any). Raises OSError
    if an address is in use."""
    # asyncio has no other place for this: it counts for all transports of the process.
    setattr(_SelectorTransport, "max_size", READ_BYTES)  # noqa: B010  # not in its stubs
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, found in dict.fromkeys(_resolve(host, port)):
            both = family == socket.AF_INET6 and without_brackets(host) == EVERY
            address = (str(found[0]), port)
            sockets.append(socket.create_server(address, family=family, dualstack_ipv6=both))
            port = sockets[0].getsockname()[1]  # if it was 0: the same for all
    except OSError:
        for listening in sockets:
            listening.close()
        raise
    return sockets


def is_local_only(host: str) -> bool:
    """Whether only this machine can connect to a process that listens on this host. Raises OSError
    if the host has no address."""
    return all(is_loopback(str(address[0])) for *_, address in _resolve(host, 0))


def reachable_host(host: str) -> str:
    """A host by which this machine can connect to a process that listens on `host`."""
    return {"": "localhost", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(
        without_brackets(host), without_brackets(host)
    )


def _resolve(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    found = socket.getaddrinfo(
        without_brackets(host) or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    return found  # type: ignore[return-value]
