"""The attachments: the binary parts of an event, which follow it, put in their places. Pure."""

from typing import Any

from gateway.protocol.packets import Ack, EventPacket, Malformed, TooLong

KEPT = 10
"""Of one event, as the stock servers do; of events with more none is kept."""


class BinaryArgs(list[Any]):
    """The arguments of an event, bytes among them."""


class Unread(TooLong, frozen=True):
    """A binary event whose attachments were too many, or too large, to be kept."""


Whole = EventPacket | TooLong | Ack
"""What has attachments, and gets them."""


class Attachments:
    """Waits for those of one packet. Raises Malformed if its placeholders are none of them."""

    def __init__(self, packet: Whole, most_bytes: int) -> None:
        self._packet = packet
        self._left = packet.attachments
        self._bytes_left = most_bytes
        self._kept: list[bytes] | None = None
        self._places: list[tuple[Any, Any, int]] = []
        if isinstance(packet, EventPacket):
            self._places = _places(packet.args, packet.attachments)
            if packet.attachments <= KEPT:
                self._kept = []

    def add(self, data: bytes | None) -> Whole | None:
        """The whole packet once this was the last one; None is one that was too large."""
        self._left -= 1
        self._bytes_left -= len(data or b"")
        if data is None or self._bytes_left < 0:
            self._kept = None
        if self._kept is not None and data is not None:
            self._kept.append(data)
        if self._left:
            return None
        packet = self._packet
        if not isinstance(packet, EventPacket):
            return packet
        if self._kept is None:
            return Unread(packet.ack)
        for place, key, number in self._places:
            place[key] = self._kept[number]
        return EventPacket(packet.event, BinaryArgs(packet.args), packet.ack)


def _places(args: list[Any], attachments: int) -> list[tuple[Any, Any, int]]:
    """Where each placeholder stands: what holds it, at which key, and its attachment's number."""
    found = []
    holders: list[Any] = [args]
    while holders:
        holder = holders.pop()
        pairs = enumerate(holder) if isinstance(holder, list) else holder.items()
        for key, value in pairs:
            if isinstance(value, dict) and value.get("_placeholder") is True:
                number = value.get("num")
                if type(number) is not int or not 0 <= number < attachments:
                    raise Malformed("a placeholder for an attachment that there is not")
                found.append((holder, key, number))
            elif isinstance(value, list | dict):
                holders.append(value)
    return found
