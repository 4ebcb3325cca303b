"""The packets of browsers, taken apart: Engine.IO protocol 4, and Socket.IO protocol 5 in it.

https://socket.io/docs/v4/engine-io-protocol/ and https://socket.io/docs/v4/socket-io-protocol/
describe them. Any text gives one of these structs or Malformed, nothing else. Of Engine.IO's own
packets a browser sends only pong, close, noop and messages after the handshake.
"""

import binascii
import json
from typing import Any, NoReturn

from msgspec import Struct

from gateway.protocol.sizes import too_many_values

SEPARATOR = "\x1e"
"""Stands between packets in the body of a polling request."""
ACK_ID_DIGITS = 20
ATTACHMENTS_DIGITS = 3
NAMESPACE_CHARS = 250
"""Packets with a longer ack id, number of attachments or namespace are Malformed."""
HEAD_CHARS = 64
"""How much is kept of a packet that is too large: enough for its kind and its ack id."""


class Malformed(ValueError):
    """A browser sent something that is not a packet: its connection is closed. The text says
    why."""


class Head(str):
    """The beginning of a packet that is too large. The rest of the packet was not kept."""

    __slots__ = ()


class Pong(Struct, frozen=True):
    """PONG, the answer to the gateway's ping."""


class Closed(Struct, frozen=True):
    """CLOSE: the browser ends the Engine.IO session."""


class Ignored(Struct, frozen=True):
    """NOOP, which has no meaning."""


class Message(Struct, frozen=True):
    """MESSAGE: a Socket.IO packet, which `read_message` takes apart."""

    text: str


class Attachment(Struct, frozen=True):
    """A binary message, an attachment of the packet before it. None: it was too large to be
    kept."""

    data: bytes | None


class Connect(Struct, frozen=True):
    """CONNECT. `namespace` is empty for the default one."""

    namespace: str
    auth: dict[str, Any] | None


class Disconnect(Struct, frozen=True):
    """DISCONNECT."""

    namespace: str


class EventPacket(Struct, frozen=True):
    """EVENT or BINARY_EVENT in the default namespace. `ack` has the digits of the ack id, and is
    empty if the browser wants no ack. `attachments` says how many binary messages follow."""

    event: str
    args: list[Any]
    ack: str
    attachments: int = 0


class TooLong(Struct, frozen=True):
    """An event that was not parsed, because it is larger or deeper than any request needs."""

    ack: str
    attachments: int = 0


class TooLongConnect(Struct, frozen=True):
    """A CONNECT to the default namespace that was not parsed, for the same reason."""


class Ack(Struct, frozen=True):
    """ACK or BINARY_ACK. The gateway asks for no acks, so its content is dropped."""

    attachments: int = 0


Packet = Connect | Disconnect | EventPacket | TooLong | TooLongConnect | Ack


def read_engine(packet: str | bytes | None) -> Pong | Closed | Ignored | Message | Attachment:
    """Takes an Engine.IO packet apart: a text, or the bytes of a binary WebSocket message, or None
    if such a message was too large to be kept. Raises Malformed."""
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
    """Takes a Socket.IO packet apart. One that is a `Head`, or may have more than `most_values`
    keys and values, becomes TooLong or TooLongConnect. Raises Malformed."""
    kind, rest = text[:1], text[1:]
    too_long = isinstance(text, Head) or too_many_values(rest, most_values)
    attachments = 0
    if kind in ("5", "6"):
        attachments, rest = _read_attachments(rest)
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
            start, ack = _read_ack_id(rest)
            if not too_long:
                try:
                    return _read_event(rest[start:], ack, attachments)
                except RecursionError:
                    pass  # nested deeper than any request needs
            _check_ends(rest[start:], isinstance(text, Head))
            return TooLong(ack, attachments)
        case "3" | "6":
            return Ack(attachments)
        case _:
            raise Malformed("an unknown Socket.IO packet")


def _read_attachments(rest: str) -> tuple[int, str]:
    """Returns the number of attachments, and the text after it."""
    count, dash, after = rest.partition("-")
    if not dash or len(count) > ATTACHMENTS_DIGITS or not (count.isascii() and count.isdigit()):
        raise Malformed("a binary packet that does not say how many attachments it has")
    return int(count), after


def _read_ack_id(rest: str) -> tuple[int, str]:
    """Returns the index at which the event's array begins, and the digits before it."""
    start = rest.find("[", 0, ACK_ID_DIGITS + 1)
    ack = rest[:start] if start >= 0 else ""
    if start < 0 or (ack and not (ack.isascii() and ack.isdigit())):
        raise Malformed("an event that is no array, or whose ack id is no number")
    return start, ack


def _check_ends(array: str, head: bool) -> None:
    """Raises Malformed if the array does not begin with a name, or does not end with a bracket. The
    end of a `head` is not known."""
    if not array[1:].lstrip().startswith('"') or not (head or array.rstrip().endswith("]")):
        raise Malformed("an event without a name, or without an end")


def _read_event(array: str, ack: str, attachments: int) -> EventPacket:
    """Raises Malformed, or RecursionError like `_json`."""
    values = _json(array)
    if not isinstance(values, list) or not values or not isinstance(values[0], str):
        raise Malformed("an event without a name")
    return EventPacket(values[0], values[1:], ack, attachments)


def _from_base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Malformed("an attachment that is not base64") from None


def _json(text: str) -> Any:
    """Raises Malformed, or RecursionError if the text is nested too deep to be parsed."""
    try:
        return _decoder.decode(text)
    except ValueError:
        raise Malformed("bad JSON") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# The standard decoder, because msgspec refuses lone surrogates, which browsers do send. `parsing`
# replaces them.
_decoder = json.JSONDecoder(parse_constant=_no_constant)
