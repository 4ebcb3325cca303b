"""The packets: what comes in from browsers, taken apart. Pure.

Any text gives one of these or Malformed, nothing else. Engine.IO's own packets but pong and close
have no place after the handshake.
"""

import binascii
import json
from typing import Any, NoReturn

from msgspec import Struct

from gateway.protocol.sizes import too_many_values

SEPARATOR = "\x1e"
"""Between packets in the body of a polling request."""
ACK_ID_DIGITS = 20
ATTACHMENTS_DIGITS = 3
NAMESPACE_CHARS = 250
HEAD_CHARS = 64
"""What is kept of a packet that is too large: its kind and its ack id are in it."""


class Malformed(ValueError):
    """Not a packet that a browser may send: its connection is closed. The message says why."""


class Head(str):
    """The beginning of a packet that is too large: the rest of it was not kept."""

    __slots__ = ()


class Pong(Struct, frozen=True):
    """The answer to our ping."""


class Closed(Struct, frozen=True):
    """The browser closes the Engine.IO session."""


class Ignored(Struct, frozen=True):
    """A noop."""


class Message(Struct, frozen=True):
    """A Socket.IO packet, not yet taken apart."""

    text: str


class Attachment(Struct, frozen=True):
    """A part of the packet before it: bytes, or None if they were too many to be kept."""

    data: bytes | None


class Connect(Struct, frozen=True):
    """CONNECT; `namespace` is empty for the default one."""

    namespace: str
    auth: dict[str, Any] | None


class Disconnect(Struct, frozen=True):
    """DISCONNECT."""

    namespace: str


class EventPacket(Struct, frozen=True):
    """EVENT or BINARY_EVENT in the default namespace; `ack` are the digits of its ack id, empty for
    none. `attachments` binary packets follow, whose places are still empty."""

    event: str
    args: list[Any]
    ack: str
    attachments: int = 0


class TooLong(Struct, frozen=True):
    """An event with more in it than anybody needs: it was not read."""

    ack: str
    attachments: int = 0


class TooLongConnect(Struct, frozen=True):
    """A CONNECT to the default namespace with more in it than anybody needs."""


class Ack(Struct, frozen=True):
    """An ack. We ask for none."""

    attachments: int = 0


Packet = Connect | Disconnect | EventPacket | TooLong | TooLongConnect | Ack


def read_engine(packet: str | bytes | None) -> Pong | Closed | Ignored | Message | Attachment:
    """An Engine.IO packet: bytes as they come by WebSocket, None if they were too many. Raises
    Malformed."""
    if packet is None or isinstance(packet, bytes):
        return Attachment(packet)
    match packet[:1]:
        case "4" if isinstance(packet, Head):
            return Message(Head(packet[1:]))
        case "4":
            return Message(packet[1:])
        case "3":
            return Pong()
        case "1":
            return Closed()
        case "6":
            return Ignored()
        case "b":
            return Attachment(None if isinstance(packet, Head) else _from_base64(packet[1:]))
        case _:
            raise Malformed("an unknown Engine.IO packet")


def read_message(text: str, most_values: int) -> Packet:
    """A Socket.IO packet, of `Head` as much as there is. Raises Malformed."""
    kind, rest = text[:1], text[1:]
    too_long = isinstance(text, Head) or too_many_values(rest, most_values)
    attachments = 0
    if kind in ("5", "6"):
        attachments, rest = _attachments(rest)
    namespace = ""
    if rest.startswith("/"):
        namespace, _, rest = rest.partition(",")
        if len(namespace) > NAMESPACE_CHARS:
            raise Malformed("a long namespace")
        namespace = namespace.partition("?")[0]
        namespace = "" if namespace == "/" else namespace
    match kind:
        case "0" if too_long:
            return Connect(namespace, None) if namespace else TooLongConnect()
        case "0":
            try:
                auth = _json(rest) if rest else None
            except RecursionError:
                return Connect(namespace, None) if namespace else TooLongConnect()
            if auth is not None and not isinstance(auth, dict):
                raise Malformed("a CONNECT whose auth is no object")
            return Connect(namespace, auth)
        case "1":
            return Disconnect(namespace)
        case "2" | "5" if namespace:
            raise Malformed("an event in a namespace that was refused")
        case "2" | "5":
            start, ack = _ack_id(rest)
            if not too_long:
                try:
                    return _request(rest[start:], ack, attachments)
                except RecursionError:
                    pass  # it is nested deeper than anybody needs
            _looked_at(rest[start:], isinstance(text, Head))
            return TooLong(ack, attachments)
        case "3" | "6":
            return Ack(attachments)
        case _:
            raise Malformed("an unknown Socket.IO packet")


def _attachments(rest: str) -> tuple[int, str]:
    """How many there are, and what follows their number."""
    count, dash, after = rest.partition("-")
    if not dash or len(count) > ATTACHMENTS_DIGITS or not (count.isascii() and count.isdigit()):
        raise Malformed("a binary packet that does not say how many attachments it has")
    return int(count), after


def _ack_id(rest: str) -> tuple[int, str]:
    """Where the event's array begins, and the digits before it."""
    start = rest.find("[", 0, ACK_ID_DIGITS + 1)
    ack = rest[:start] if start >= 0 else ""
    if start < 0 or (ack and not (ack.isascii() and ack.isdigit())):
        raise Malformed("an event that is no array, or whose ack id is no number")
    return start, ack


def _looked_at(array: str, head: bool) -> None:
    """Raises Malformed if both ends of it, as far as they are known, are none of an event's."""
    if not array[1:].lstrip().startswith('"') or not (head or array.rstrip().endswith("]")):
        raise Malformed("an event without a name, or without an end")


def _request(array: str, ack: str, attachments: int) -> EventPacket:
    said = _json(array)
    if not isinstance(said, list) or not said or not isinstance(said[0], str):
        raise Malformed("an event without a name")
    return EventPacket(said[0], said[1:], ack, attachments)


def _from_base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Malformed("an attachment that is not base64") from None


def _json(text: str) -> Any:
    """Raises Malformed, or RecursionError if it is nested too deep to be read."""
    try:
        return _decoder.decode(text)
    except ValueError:
        raise Malformed("bad JSON") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# The standard one: msgspec takes no lone surrogates, which browsers do send (`browser` drops them).
_decoder = json.JSONDecoder(parse_constant=_no_constant)
