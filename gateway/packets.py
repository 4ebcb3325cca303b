"""The packets: what comes in from browsers, taken apart. Pure.

Any text gives one of these or Malformed, nothing else. Engine.IO's own packets but pong and close
have no place after the handshake, and we ask for no binary: they are malformed too.
"""

import json
from typing import Any, NoReturn

from msgspec import Struct

SEPARATOR = "\x1e"
"""Between packets in the body of a polling request."""
ACK_ID_DIGITS = 20


class Malformed(ValueError):
    """Not a packet that a browser may send: its connection is closed. The message says why."""


class Pong(Struct, frozen=True):
    """The answer to our ping."""


class Closed(Struct, frozen=True):
    """The browser closes the Engine.IO session."""


class Ignored(Struct, frozen=True):
    """A noop."""


class Message(Struct, frozen=True):
    """A Socket.IO packet, not yet taken apart."""

    text: str


class Connect(Struct, frozen=True):
    """CONNECT; `namespace` is empty for the default one."""

    namespace: str
    auth: dict[str, Any] | None


class Disconnect(Struct, frozen=True):
    """DISCONNECT."""

    namespace: str


class Request(Struct, frozen=True):
    """EVENT in the default namespace; `ack` are the digits of its ack id, empty for none."""

    event: str
    args: list[Any]
    ack: str


class Ack(Struct, frozen=True):
    """An ack. We ask for none."""


def read_engine(packet: object) -> Pong | Closed | Ignored | Message:
    """An Engine.IO packet. Raises Malformed."""
    if not isinstance(packet, str):
        raise Malformed("a binary packet")
    match packet[:1]:
        case "4":
            return Message(packet[1:])
        case "3":
            return Pong()
        case "1":
            return Closed()
        case "6":
            return Ignored()
        case _:
            raise Malformed("an unknown Engine.IO packet")


def read_message(text: str) -> Connect | Disconnect | Request | Ack:
    """A Socket.IO packet. Raises Malformed."""
    kind, rest = text[:1], text[1:]
    namespace = ""
    if rest.startswith("/"):
        namespace, _, rest = rest.partition(",")
        namespace = namespace.partition("?")[0]
        namespace = "" if namespace == "/" else namespace
    match kind:
        case "0":
            auth = _json(rest) if rest else None
            if auth is not None and not isinstance(auth, dict):
                raise Malformed("a CONNECT whose auth is no object")
            return Connect(namespace, auth)
        case "1":
            return Disconnect(namespace)
        case "2" if namespace:
            raise Malformed("an event in a namespace that was refused")
        case "2":
            return _request(rest)
        case "3":
            return Ack()
        case "5" | "6":
            raise Malformed("a packet with binary attachments")
        case _:
            raise Malformed("an unknown Socket.IO packet")


def _request(rest: str) -> Request:
    start = rest.find("[", 0, ACK_ID_DIGITS + 1)
    ack = rest[:start] if start >= 0 else ""
    if start < 0 or (ack and not (ack.isascii() and ack.isdigit())):
        raise Malformed("an event that is no array, or whose ack id is no number")
    said = _json(rest[start:])
    if not isinstance(said, list) or not said or not isinstance(said[0], str):
        raise Malformed("an event without a name")
    return Request(said[0], said[1:], ack)


def _json(text: str) -> Any:
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError):
        raise Malformed("bad JSON") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# The standard one: msgspec takes no lone surrogates, which browsers do send (`browser` drops them).
_decoder = json.JSONDecoder(parse_constant=_no_constant)
