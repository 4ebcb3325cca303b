"""The attachments: the binary parts of an event, which come after it (Socket.IO protocol 5).

The event's arguments have a placeholder `{"_placeholder": true, "num": n}` for each of them.
"""

from typing import Any

from gateway.protocol.packets import Ack, EventPacket, Malformed, TooLong

KEPT = 10
"""Attachments of one event that are kept, as many as the stock servers do. If an event has more
none is kept."""


class BinaryArgs(list[Any]):
    """The arguments of an event; some of them are or contain bytes."""


class Unread(TooLong, frozen=True):
    """A binary event that had too many attachments, or too large ones, to be kept."""


Whole = EventPacket | TooLong | Ack
"""A packet whose attachments have all come."""


class Attachments:
    """Collects the attachments of one packet. The constructor raises Malformed if a placeholder has
    a number that no attachment has."""

    def __init__(self, packet: Whole, most_bytes: int) -> None:
        self._packet = packet
        self._missing = packet.attachments
        self._bytes_allowed = most_bytes
        self._kept: list[bytes] | None = None
        """The attachments so far; None if they are not kept."""
        self._placeholders: list[tuple[Any, Any, int]] = []
        if isinstance(packet, EventPacket):
            self._placeholders = _find_placeholders(packet.args, packet.attachments)
            if packet.attachments <= KEPT:
                self._kept = []

    def add(self, data: bytes | None) -> Whole | None:
        """Adds the next attachment; `data` is None if it was too large to be kept. Returns the
        packet if this was its last attachment, else None."""
        self._missing -= 1
        self._bytes_allowed -= len(data or b"")
        if data is None or self._bytes_allowed < 0:
            self._kept = None
        if self._kept is not None and data is not None:
            self._kept.append(data)
        if self._missing:
            return None
        packet = self._packet
        if not isinstance(packet, EventPacket):
            return packet
        if self._kept is None:
            return Unread(packet.ack)
        for holder, key, number in self._placeholders:
            holder[key] = self._kept[number]
        return EventPacket(packet.event, BinaryArgs(packet.args), packet.ack)


def _find_placeholders(args: list[Any], attachments: int) -> list[tuple[Any, Any, int]]:
    """Returns for each placeholder the list or dict that holds it, its index or key there, and the
    number of its attachment. Raises Malformed."""
    found = []
    holders: list[Any] = [args]
    while holders:
        holder = holders.pop()
        pairs = enumerate(holder) if isinstance(holder, list) else holder.items()
        for key, value in pairs:
            if isinstance(value, dict) and value.get("_placeholder") is True:
                number = value.get("num")
                if type(number) is not int or not 0 <= number < attachments:
                    raise Malformed("a placeholder whose attachment does not exist")
                found.append((holder, key, number))
            elif isinstance(value, list | dict):
                holders.append(value)
    return found
